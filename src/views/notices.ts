// What a page says after a form did its work. A cookie carries only the code over the redirect.
const NOTICES = {
  'monitor-created': 'Monitor created. Now add its ping URL to the job.',
  'monitor-saved': 'Changes saved.',
  'monitor-paused': 'Monitor paused. No alerts are sent until you resume it or the job pings.',
  'monitor-resumed': 'Monitor resumed. It goes down if no ping arrives in time.',
  'monitor-pinged': 'Success reported.',
  'monitor-ping-ignored': 'Ping recorded. The monitor stays paused, because it only resumes manually.',
  'monitor-deleted': 'Monitor deleted.',
  'channel-created': 'Channel created. Send a test to check it.',
  'channel-unconfirmed': 'Channel created. It sends nothing until the recipient confirms the address through an email.',
  'confirmation-requested': 'Confirmation email requested.',
  'channel-saved': 'Changes saved.',
  'channel-disabled': 'Channel disabled. It sends no notifications until you enable it.',
  'channel-unsubscribed': 'Unsubscribed. The channel is disabled.',
  'channel-enabled': 'Channel enabled.',
  'channel-deleted': 'Channel deleted.',
  'incident-acknowledged': 'Incident acknowledged. Everyone in the project can see that you are on it.',
  'incident-released': 'Acknowledgment removed.',
  snoozed: 'Snoozed. What is still down when the snooze ends is reported then.',
  'maintenance-planned': 'Maintenance planned.',
  'maintenance-ended': 'Maintenance ended.',
  'snooze-ended': 'Snooze ended.',
  'note-saved': 'Note saved.',
  'delivery-queued': 'Notification queued for resending.',
  'delivery-suppressed': "Not sent: the channel's settings suppress this notification.",
  'project-created': 'Project created.',
  'project-saved': 'Project renamed.',
  'words-saved': 'Changes saved.',
  'project-deleted': 'Project deleted.',
  'project-left': 'You left the project.',
  'project-joined': 'You joined the project.',
  'ping-key-replaced': 'Project ping key replaced. Ping URLs with the old key no longer work.',
  'api-key-revoked': 'API key revoked.',
  'invitation-made': 'Invitation created. Copy the link and send it to the person you are inviting.',
  'invitation-mailed': 'Invitation sent. You can also copy the link.',
  'invitation-not-mailed': 'Invitation created, but the email could not be sent. Copy the link and send it yourself.',
  'invitation-revoked': 'Invitation revoked.',
  'role-changed': 'Role changed.',
  'role-lowered': 'Role changed. API keys the member created keep working until you revoke them.',
  'member-removed': 'Member removed.',
  'profile-saved': 'Profile saved.',
  'preferences-saved': 'Preferences saved.',
  'theme-changed': 'Theme changed.',
  'password-changed': 'Password changed. All other sessions were signed out.',
  'password-reset': 'Password changed. Sign in with your new password.',
  'email-changed': 'Email address changed.',
  'email-mailed': 'Email sent. Open the link in it to confirm the address.',
  'email-not-mailed': "The email could not be sent. See CronGuard's log for the reason, then try again.",
  'email-verified': 'Email address confirmed.',
  'sessions-ended': 'Signed out of all other sessions.',
  'session-ended': 'Signed out of that session.',
  'account-deleted': 'Account deleted.',
  'mail-server-saved': 'Mail server saved. Send a test to check it.',
  'mail-server-removed': 'Mail server removed. Emails are no longer sent.',
  'backup-made': 'Backup created.',
  'backup-begun': "Backup started. It will appear here when it's done.",
  'backup-failed': 'Backup failed. See the reason below. Older backups are unchanged.',
  'signed-out': 'Signed out.',
  'signed-in': 'Welcome! This is your first project. Create a monitor to get started.',
} as const

/** Those that say how many. */
const COUNTED = {
  'channel-disabled-with-pending': (count: number) =>
    count === 1
      ? 'Channel disabled. The pending notification was discarded.'
      : `Channel disabled. ${count} pending notifications were discarded.`,
} as const

export type NoticeCode = keyof typeof NOTICES | `${keyof typeof COUNTED}.${number}`

/** The sentence for a code, or null for an unknown code. */
export function noticeText(code: string | null): string | null {
  if (code === null) return null
  if (Object.hasOwn(NOTICES, code)) return NOTICES[code as keyof typeof NOTICES]
  const [, counted = '', count] = /^([a-z-]+)\.(\d{1,6})$/.exec(code) ?? []
  return Object.hasOwn(COUNTED, counted) ? COUNTED[counted as keyof typeof COUNTED](Number(count)) : null
}
