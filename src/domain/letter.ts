import { asSentence } from '#lib/sentence.ts'
import { fullMomentInZone } from '#lib/zone.ts'

/** What is written to a person about their account, in no dialect. */
export interface Letter {
  to: string
  subject: string
  /** Whole sentences, one paragraph each. */
  paragraphs: string[]
  link: { label: string; url: string } | null
}

/** A name that others chose must not become a text of its own. */
const NAME_IN_LETTER_MAX = 40

export function verificationLetter({ to, url }: { to: string; url: string }): Letter {
  return {
    to,
    subject: 'Confirm your e-mail address',
    paragraphs: [
      'Somebody, probably you, gave this address to CronGuard. Confirm that it is yours with this link. ' +
        'It works once, for 24 hours.',
      'If it was not you, nothing needs to be done.',
    ],
    link: { label: 'Confirm this address', url },
  }
}

export function registrationLetter({ to, url }: { to: string; url: string }): Letter {
  return {
    to,
    subject: 'Create your account',
    paragraphs: [
      'Someone, probably you, requested a CronGuard account for this address. Follow this link to choose a password. ' +
        'It works for 24 hours.',
      'If it was not you, ignore this email: no account will be created.',
    ],
    link: { label: 'Create account', url },
  }
}

export function alreadyRegisteredLetter({ to, url }: { to: string; url: string }): Letter {
  return {
    to,
    subject: 'You already have an account',
    paragraphs: [
      'Someone, probably you, requested a CronGuard account for this address. You already have one: sign in, or ' +
        'reset your password.',
      'If it was not you, ignore this email: nothing changed.',
    ],
    link: { label: 'Sign in', url },
  }
}

export function addressTakenLetter({ to, url }: { to: string; url: string }): Letter {
  return {
    to,
    subject: 'This address already has an account',
    paragraphs: [
      'Someone, probably you, tried to use this address for another CronGuard account. It already has an account, so ' +
        'nothing changed.',
    ],
    link: { label: 'Sign in', url },
  }
}

export function resetLetter({ to, url }: { to: string; url: string }): Letter {
  return {
    to,
    subject: 'Choose a new password',
    paragraphs: [
      'Somebody, probably you, asked for a new password for CronGuard. Choose one with this link. ' +
        'It works once, for one hour.',
      'If it was not you, nothing needs to be done: the old password stays.',
    ],
    link: { label: 'Choose a new password', url },
  }
}

export function invitationLetter(facts: {
  to: string
  url: string
  project: string
  inviter: { name: string; email: string } | null
  role: string
}): Letter {
  const { to, url, project, inviter, role } = facts
  return {
    to,
    subject: 'You are invited to a project on CronGuard',
    paragraphs: [
      `${inviterInWords(inviter)} invites you to the project "${cut(project)}", as ${role}. ` +
        'The link works for seven days.',
    ],
    link: { label: 'Accept the invitation', url },
  }
}

// A name is whatever somebody likes to be called; the address beside it is the one that they sign in with.
function inviterInWords(inviter: { name: string; email: string } | null): string {
  if (inviter === null) return 'Somebody'
  return inviter.name === '' ? inviter.email : `${cut(inviter.name)} (${inviter.email})`
}

function cut(name: string): string {
  const characters = [...name]
  return characters.length <= NAME_IN_LETTER_MAX ? name : `${characters.slice(0, NAME_IN_LETTER_MAX - 1).join('')}…`
}

export function addressChangedLetter({ to, email, url }: { to: string; email: string; url: string }): Letter {
  return {
    to,
    subject: 'The e-mail address of your account was changed',
    paragraphs: [
      `The address of your account was changed to ${email}. You sign in with it from now on, and mails go there.`,
      'If it was you, nothing needs to be done. If it was not you, ask whoever runs this CronGuard to give you your ' +
        'account back: somebody knows your password.',
    ],
    link: { label: 'Open CronGuard', url },
  }
}

export function signInLetter(facts: {
  to: string
  at: number
  zone: string
  address: string | null
  browser: string
  url: string
}): Letter {
  const { to, at, zone, address, browser, url } = facts
  return {
    to,
    subject: 'A new sign-in to your account',
    paragraphs: [
      `Somebody signed in to your account at ${fullMomentInZone(at, zone)}, from ${address ?? 'an unknown address'}` +
        ` (${browser}).`,
      'If it was you, nothing needs to be done. If not, change your password: that ends every other session.',
    ],
    link: { label: 'See where you are signed in', url },
  }
}

export function failureLetter(facts: {
  to: string
  monitor: string
  channel: string
  detail: string
  url: string
}): Letter {
  const { to, monitor, channel, detail, url } = facts
  return {
    to,
    subject: `A message about ${monitor} was not delivered`,
    paragraphs: [
      `CronGuard could not deliver a message about "${monitor}" through the channel "${channel}", and does not try ` +
        `any more. The last outcome was: ${asSentence(detail)}`,
      'Check the channel, and send the message again from the incident.',
    ],
    link: { label: 'See what happened', url },
  }
}
