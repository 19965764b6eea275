// What a person is emailed about their account. Alerts are notifications, and go through channels.
import type { UnsubscribeNotice } from '#domain/notice.ts'
import { asSentence } from '#lib/sentence.ts'
import { fullMomentInZone } from '#lib/zone.ts'
import { unsubscribedInWords } from './notice.ts'

export interface AccountMail {
  to: string
  subject: string
  /** Sentences, or one fact with its label. */
  paragraphs: string[]
  link: { label: string; url: string }
}

/** A name that others chose is cut, so that it cannot carry a message of its own. */
const NAME_MAX = 40

const IGNORE = 'If you did not request this, ignore this email.'

export function verificationMail({ to, url }: { to: string; url: string }): AccountMail {
  return {
    to,
    subject: 'Confirm your email address',
    paragraphs: [
      'Someone, probably you, entered this email address in CronGuard. Follow the link to confirm it. ' +
        'The link works once and expires in 24 hours.',
      IGNORE,
    ],
    link: { label: 'Confirm email address', url },
  }
}

export function registrationMail({ to, url }: { to: string; url: string }): AccountMail {
  return {
    to,
    subject: 'Create your account',
    paragraphs: [
      'Someone, probably you, requested a CronGuard account for this email address. Follow the link to choose a ' +
        'password. The link expires in 24 hours.',
      `${IGNORE} No account will be created.`,
    ],
    link: { label: 'Create account', url },
  }
}

export function alreadyRegisteredMail({ to, url }: { to: string; url: string }): AccountMail {
  return {
    to,
    subject: 'You already have an account',
    paragraphs: [
      'Someone, probably you, requested a CronGuard account for this email address. You already have one. ' +
        'Sign in, or reset your password.',
      `${IGNORE} Nothing was changed.`,
    ],
    link: { label: 'Sign in', url },
  }
}

export function addressTakenMail({ to, url }: { to: string; url: string }): AccountMail {
  return {
    to,
    subject: 'This email address already has an account',
    paragraphs: [
      'Someone, probably you, tried to use this email address for another CronGuard account. ' +
        'It already belongs to your account, so nothing was changed.',
    ],
    link: { label: 'Sign in', url },
  }
}

export function passwordResetMail({ to, url }: { to: string; url: string }): AccountMail {
  return {
    to,
    subject: 'Reset your password',
    paragraphs: [
      'Someone, probably you, asked to reset the password of your CronGuard account. Follow the link to choose a new ' +
        'one. The link works once and expires in 1 hour.',
      `${IGNORE} Your password stays the same.`,
    ],
    link: { label: 'Reset password', url },
  }
}

export function invitationMail(facts: {
  to: string
  url: string
  project: string
  inviter: { name: string; email: string } | null
  role: string
}): AccountMail {
  const { to, url, project, inviter, role } = facts
  const invited = inviter === null ? 'You were invited' : `${inviterInWords(inviter)} invited you`
  const rank = role === 'admin' ? 'an admin' : `a ${role}`
  return {
    to,
    subject: `Invitation to “${cut(project)}” on CronGuard`,
    paragraphs: [`${invited} to the project “${cut(project)}” on CronGuard as ${rank}. The link expires in 7 days.`],
    link: { label: 'Accept invitation', url },
  }
}

// People choose their own names. The email address beside it is the one that they sign in with.
function inviterInWords({ name, email }: { name: string; email: string }): string {
  return name === '' ? email : `${cut(name)} (${email})`
}

function cut(name: string): string {
  const characters = [...name]
  return characters.length <= NAME_MAX ? name : `${characters.slice(0, NAME_MAX - 1).join('')}…`
}

export function addressChangedMail({ to, email, url }: { to: string; email: string; url: string }): AccountMail {
  return {
    to,
    subject: 'Your email address was changed',
    paragraphs: [
      `The email address of your CronGuard account is now ${email}. Use it to sign in. ` +
        'Account emails are sent there, too.',
      'If you did not make this change, someone else may know your password. Ask the server administrator to ' +
        'restore your account.',
    ],
    link: { label: 'Open CronGuard', url },
  }
}

export function signInMail(facts: {
  to: string
  at: number
  zone: string
  address: string | null
  browser: string
  url: string
}): AccountMail {
  const { to, at, zone, address, browser, url } = facts
  return {
    to,
    subject: 'New sign-in to your account',
    paragraphs: [
      'Someone signed in to your CronGuard account from a new IP address.',
      `Time: ${fullMomentInZone(at, zone)}`,
      `IP address: ${address ?? 'unknown'}`,
      `Browser: ${browser}`,
      'If this was you, ignore this email. If not, change your password. Changing it signs out all other sessions.',
    ],
    link: { label: 'Review sessions', url },
  }
}

/** Goes to a stranger, whose address someone typed. The only user-written text in it is the shortened project name. */
export function addressConfirmationMail(facts: {
  to: string
  url: string
  project: string
  baseUrl: string
}): AccountMail {
  const { to, url, project, baseUrl } = facts
  return {
    to,
    subject: 'Confirm this address for CronGuard alerts',
    paragraphs: [
      `Someone asked CronGuard at ${baseUrl} to send alerts from the project “${cut(project)}” to this address. ` +
        'To receive them, open the link. It expires in 7 days.',
      'Otherwise, ignore this email. You will get no alerts.',
    ],
    link: { label: 'Confirm address', url },
  }
}

/** The last email to an address that unsubscribed. */
export function unsubscribedMail({ to, project, url }: { to: string; project: string; url: string }): AccountMail {
  return {
    to,
    subject: 'You unsubscribed from alerts',
    paragraphs: [
      `This address no longer gets alerts from the project “${cut(project)}” on CronGuard.`,
      'If this was not you, someone who has one of your alert emails did it. Open the link within 7 days to get ' +
        'alerts again.',
    ],
    link: { label: 'Resubscribe', url },
  }
}

export function recipientUnsubscribedMail({
  to,
  notice,
  url,
}: {
  to: string
  notice: UnsubscribeNotice
  url: string
}): AccountMail {
  return {
    to,
    subject: `Unsubscribed: ${notice.channel.recipient}`,
    paragraphs: [unsubscribedInWords({ ...notice, project: cut(notice.project) })],
    link: { label: 'Open channel', url },
  }
}

export function deliveryFailureMail(facts: {
  to: string
  monitor: string
  channel: string
  detail: string
  url: string
}): AccountMail {
  const { to, monitor, channel, detail, url } = facts
  return {
    to,
    subject: `Notification failed: ${monitor}`,
    paragraphs: [
      `CronGuard could not deliver a notification about “${monitor}” to the channel “${channel}” and has stopped ` +
        `retrying. Last error: ${asSentence(detail)}`,
      'Fix the channel, then send the notification again from the incident page.',
    ],
    link: { label: 'Open incident', url },
  }
}

export function mailServerTestMail({ to, host, url }: { to: string; host: string; url: string }): AccountMail {
  return {
    to,
    subject: 'CronGuard test email',
    paragraphs: [`CronGuard sent this email through ${host}. The mail server works.`],
    link: { label: 'Open the Server page', url },
  }
}
