import { z } from 'zod'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { countedLength, isCommonPassword } from './password.ts'
import { limitedLine } from './text.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Which emails about the account and its projects a user gets. Alerts don't depend on these. */
export interface MailPreferences {
  /** A sign-in from a new address. */
  signIns: boolean
  /** A notification of one of the user's projects failed permanently. */
  failures: boolean
  /** A problem of the server began or ended. Only for administrators. */
  warnings: boolean
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
  /** Null until the user confirms the address. */
  emailVerifiedAt: number | null
  createdAt: number
}

/** What an emailed link does. Each link works once. */
export const LINK_PURPOSES = ['verify-email', 'reset-password'] as const
export type LinkPurpose = (typeof LINK_PURPOSES)[number]

/** How long an emailed link works. */
export const LINK_MS: Record<LinkPurpose, number> = { 'verify-email': DAY, 'reset-password': HOUR }

/** How many links work at a time. The older of two emails may be the one that arrives. */
export const LINKS_KEPT: Record<LinkPurpose, number> = { 'verify-email': 1, 'reset-password': 10 }

/** A session ends this long after its last request. */
export const SESSION_MS = 30 * DAY
/** A session ends this long after the sign-in, even if it is in use. */
export const SESSION_LIFE_MS = 90 * DAY
/** Another sign-in ends the session that was idle the longest. */
export const SESSIONS_MAX = 50
/** A session is extended at most this often, to save a write with each request. */
export const SESSION_STEP_MS = 5 * MINUTE
/** How long an emailed link to a new account works. */
export const REGISTRATION_MS = DAY
export const SETUP_MS = 30 * MINUTE

export const EMAIL_MAX = 254
export const PASSWORD_MIN = 10
export const PASSWORD_MAX = 200
export const USER_NAME_MAX = 100

export const Email = z.string().trim().max(EMAIL_MAX, 'email_too_long').pipe(z.email('not_email'))

export const Password = z
  .string()
  .min(PASSWORD_MIN, 'password_too_short')
  .max(PASSWORD_MAX, 'password_too_long')
  .superRefine((password, context) => {
    if (password.length < PASSWORD_MIN || password.length > PASSWORD_MAX) return
    if (countedLength(password) < PASSWORD_MIN) context.addIssue('password_repetitive')
    else if (isCommonPassword(password)) context.addIssue('password_common')
  })

export const UserName = limitedLine(USER_NAME_MAX)

/** A time zone. An obsolete name becomes its current one. */
export const TimeZone = z.string().transform((name, context) => {
  const zone = currentZoneName(name)
  if (zone === null) context.addIssue('not_zone')
  return zone ?? name
})

/** ann+1@example.org and Ann@example.org are the same mailbox. */
export function mailboxOf(address: string): string {
  return address
    .trim()
    .toLowerCase()
    .replace(/^([^+@]+)\+[^@]*@/, '$1@')
}

/** The name that other people see: the user's name, or the address if there is none. */
export function displayName({ name, email }: Pick<User, 'name' | 'email'>): string {
  return name || email
}
