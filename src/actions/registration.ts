// How strangers become users: the first one by a link from the log, others while registration is open or by invitation.
import type { Deps } from '#deps.ts'
import { SETUP_MS, TimeZone, type User } from '#domain/account.ts'
import { AppError } from '#lib/errors.ts'
import { newMixedCaseToken, sha256Hex } from '#lib/tokens.ts'
import { hasUsers } from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import { deleteSetting, findSetting, saveSetting } from '#store/settings.ts'
import { addUser, readCredentials } from './accounts.ts'
import { mailVerification } from './mailed-links.ts'
import { acceptInvitation, invitationOf } from './members.ts'

export interface Newcomer {
  email: string
  password: string
  timeZone: string
}

const TOKEN_LENGTH = 32
/** `<hash of the token>:<moment it expires>` */
const SETUP = 'setup'

/** While nobody has an account: makes the token with which the first one is made; an earlier one no longer works. */
export function openSetup(deps: Deps): string | null {
  const token = newMixedCaseToken(TOKEN_LENGTH)
  return deps.db.write((tx) => {
    if (hasUsers(tx)) return null
    saveSetting(tx, { name: SETUP, value: `${sha256Hex(token)}:${tx.now + SETUP_MS}` })
    return token
  })
}

export function isSetupToken(reader: Reader, { token, now }: { token: string; now: number }): boolean {
  const [hash, expiresAt] = (findSetting(reader, SETUP) ?? '').split(':')
  return hash === sha256Hex(token) && now < Number(expiresAt) && !hasUsers(reader)
}

/** Makes the first user, who administers this CronGuard. The token is used up. Throws forbidden, invalid. */
export async function setUp(deps: Deps, { token, ...newcomer }: Newcomer & { token: string }): Promise<User> {
  if (!isSetupToken(deps.db, { token, now: deps.clock.now() })) throw staleSetup()
  const credentials = await readCredentials(newcomer)
  const user = deps.db.write((tx) => {
    if (!isSetupToken(tx, { token, now: tx.now })) throw staleSetup()
    deleteSetting(tx, SETUP)
    return addUser(tx, { ...credentials, isAdmin: true, timeZone: zoneOf(newcomer) })
  })
  mailLater(deps, user)
  return user
}

/**
 * Makes an account, and accepts the invitation when there is one. Throws forbidden while registration is closed and
 * nobody invited, invalid and conflict with the fields at fault.
 */
export async function register(deps: Deps, { invitation, ...newcomer }: Newcomer & { invitation: string | null }) {
  const invited = invitation === null ? null : invitationOf(deps, invitation)
  if (invited === null) requireOpenRegistration(deps)
  const credentials = await readCredentials(newcomer)
  const user = deps.db.write((tx) => {
    const added = addUser(tx, { ...credentials, isAdmin: false, timeZone: zoneOf(newcomer) })
    if (invited) acceptInvitation(tx, { invitationId: invited.id, userId: added.id })
    return added
  })
  mailLater(deps, user)
  return user
}

/** Throws forbidden while strangers may not make accounts. */
export function requireOpenRegistration({ config }: Pick<Deps, 'config'>): void {
  if (config.registration === 'open') return
  throw new AppError('forbidden', 'Registration is closed here. Ask somebody who is in for an invitation.')
}

// Nobody waits for this mail: one that did not come can be asked for again.
function mailLater(deps: Deps, user: User): void {
  mailVerification(deps, user).catch((error) => deps.log.error('A mail could not be written', { error }))
}

// The browser says it; who has none, or an odd one, starts with UTC.
function zoneOf({ timeZone }: Newcomer): string {
  return TimeZone.safeParse(timeZone).data ?? 'UTC'
}

function staleSetup(): AppError {
  return new AppError(
    'forbidden',
    'This setup link is not valid any more. Start CronGuard again, and its log has a new one.',
  )
}
