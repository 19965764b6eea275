// What a page says after a form did its work. A cookie carries only the code over the redirect.
const NOTICES = {
  'monitor-created': 'The monitor is there. Now let the job call its ping URL.',
  'monitor-saved': 'The monitor is changed.',
  'monitor-paused': 'The monitor is paused. It is silent until it is resumed or its job reports.',
  'monitor-resumed': 'Monitor resumed. It goes down if no ping comes in time.',
  'monitor-pinged': 'Success reported.',
  'monitor-ping-ignored':
    'The ping is kept, and nothing else was changed: the monitor is paused, and only a person resumes it.',
  'monitor-deleted': 'The monitor is deleted, with its pings and incidents.',
  'channel-created': 'Channel created. Send a test to check it.',
  'channel-saved': 'The channel is changed.',
  'channel-disabled': 'The channel is switched off. It tells nothing until it is switched on again.',
  'channel-enabled': 'The channel is switched on.',
  'channel-deleted': 'The channel is deleted.',
  'incident-acknowledged': 'You acknowledged the incident. Everybody in the project sees it.',
  'incident-released': 'The incident is open to everybody again.',
  'note-saved': 'The note is saved.',
  'delivery-queued': 'The message is on its way again.',
  'project-created': 'The project is there.',
  'project-saved': 'The project is renamed.',
  'project-deleted': 'The project is deleted, with everything in it.',
  'project-left': 'You left the project.',
  'project-joined': 'You belong to the project now.',
  'ping-key-replaced': 'The project has a new ping key. URLs with the old one no longer work.',
  'api-key-revoked': 'The API key is revoked.',
  'invitation-made': 'The invitation is there. Copy its link and pass it on.',
  'invitation-mailed': 'The invitation is mailed. Its link can be copied, too.',
  'invitation-not-mailed': 'The invitation is there, but the mail could not be sent. Copy its link and pass it on.',
  'invitation-revoked': 'The invitation is taken back.',
  'role-changed': 'The role is changed.',
  'role-lowered': 'Role changed. API keys that they created keep working until you revoke them.',
  'member-removed': 'The member is taken out of the project.',
  'profile-saved': 'Your profile is saved.',
  'preferences-saved': 'Your preferences are saved.',
  'theme-changed': 'The theme is changed.',
  'password-changed': 'Your password is changed. Every other session is ended.',
  'password-reset': 'Your password is changed. Sign in with it.',
  'email-changed': 'Your e-mail address is changed.',
  'email-mailed': 'A mail is on its way to that address. Follow its link to confirm it.',
  'email-not-mailed': 'The mail could not be sent. The log of CronGuard says why; try again later.',
  'email-verified': 'The e-mail address is confirmed.',
  'sessions-ended': 'You are signed out everywhere else.',
  'session-ended': 'That session is ended.',
  'account-deleted': 'Your account is deleted.',
  'backup-made': 'The backup is made.',
  'backup-begun': 'The backup is being made. This page shows it when it is done.',
  'backup-failed': 'The backup could not be made; this page says why. Older backups are as they were.',
  'signed-out': 'You are signed out.',
  'signed-in': 'Welcome. This is your first project; it has no monitor yet.',
} as const

/** Those that say how many. */
const COUNTED = {
  'channel-silenced': (count: number) =>
    count === 1
      ? 'Channel disabled. The waiting message was discarded.'
      : `Channel disabled. ${count} waiting messages were discarded.`,
} as const

export type NoticeCode = keyof typeof NOTICES | `${keyof typeof COUNTED}.${number}`

/** The sentence behind a code; null for what is none. */
export function noticeText(code: string | null): string | null {
  if (code === null) return null
  if (Object.hasOwn(NOTICES, code)) return NOTICES[code as keyof typeof NOTICES]
  const [, counted = '', count] = /^([a-z-]+)\.(\d{1,6})$/.exec(code) ?? []
  return Object.hasOwn(COUNTED, counted) ? COUNTED[counted as keyof typeof COUNTED](Number(count)) : null
}
