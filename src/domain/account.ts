import { z } from 'zod'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { countedLength, isCommonPassword } from './password.ts'
import { limitedLine } from './text.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** What a user wants to be told about their account and projects by mail. Alerts have nothing to do with it. */
export interface MailPreferences {
  /** Somebody signed in from an address that was not seen before. */
  signIns: boolean
  /** A message of one of the user's projects could not be delivered at all. */
  failures: boolean
}

export interface User {
  id: string
  email: string
  /** May be empty. */
  name: string
  isAdmin: boolean
  timeZone: string
  theme: Theme
  mails: MailPreferences
  /** Null: nobody has proven yet that the address is theirs. */
  emailVerifiedAt: number | null
  createdAt: number
}

/** What a mailed link is good for, once. */
export const LINK_PURPOSES = ['verify-email', 'reset-password'] as const
export type LinkPurpose = (typeof LINK_PURPOSES)[number]

/** How long a mailed link is good. */
export const LINK_MS: Record<LinkPurpose, number> = { 'verify-email': DAY, 'reset-password': HOUR }

/** How many of them are good at a time: of two mails the older may be the one that arrives. */
export const LINKS_KEPT: Record<LinkPurpose, number> = { 'verify-email': 1, 'reset-password': 10 }

/** How long a browser stays signed in that does not come back. */
export const SESSION_MS = 30 * DAY
/** How long a session lasts, however often the browser comes back. */
export const SESSION_LIFE_MS = 90 * DAY
/** One more ends the one that was not seen for the longest time. */
export const SESSIONS_MAX = 50
/** A session is prolonged when it was last seen this long ago: not with every click. */
export const SESSION_STEP_MS = 5 * MINUTE
/** How long a mailed link to a new account is good. */
export const REGISTRATION_MS = DAY
export const SETUP_MS = 30 * MINUTE

export const PASSWORD_MIN = 10
export const PASSWORD_MAX = 200
export const USER_NAME_MAX = 100

export const Email = z
  .string()
  .trim()
  .max(254, 'An e-mail address has at most 254 characters.')
  .pipe(z.email('This is not an e-mail address.'))

const REPETITIVE =
  'This password is too easy to guess: repeats like aaaa and sequences like 1234 count as one character.'
const COMMON = 'This password is too common. Choose one that no one else uses.'

export const Password = z
  .string()
  .min(PASSWORD_MIN, `A password needs at least ${PASSWORD_MIN} characters.`)
  .max(PASSWORD_MAX, `A password has at most ${PASSWORD_MAX} characters.`)
  .superRefine((password, context) => {
    if (password.length < PASSWORD_MIN || password.length > PASSWORD_MAX) return
    if (countedLength(password) < PASSWORD_MIN) context.addIssue(REPETITIVE)
    else if (isCommonPassword(password)) context.addIssue(COMMON)
  })

export const UserName = limitedLine('A name has', USER_NAME_MAX)

/** A zone by the name that it has now. */
export const TimeZone = z.string().transform((name, context) => {
  const zone = currentZoneName(name)
  if (zone === null) context.addIssue('This is no time zone.')
  return zone ?? name
})

/** How a user is called by others: by name, or by address. */
export function calledName({ name, email }: Pick<User, 'name' | 'email'>): string {
  return name || email
}
