import type { Deps } from '#deps.ts'
import { SESSION_LIFE_MS, SESSION_MS, SESSIONS_MAX, type User } from '#domain/account.ts'
import { USER_AGENT_MAX } from '#domain/ping.ts'
import { newUuid } from '#lib/tokens.ts'
import { findPasswordHash } from '#store/accounts.ts'
import * as store from '#store/sessions.ts'
import { signInMail } from '#words/account-mail.ts'
import { browserInWords } from '#words/browser.ts'
import { mail } from './mailed-links.ts'

export interface Browser {
  remoteAddress: string | null
  userAgent: string
}

interface Beginning {
  user: User
  browser: Browser
  /** What the user's password was held against; null: it has just been chosen. */
  provenHash: string | null
}

/** Signs a user in; returns the id of the session. The user is told by mail when the address is new. */
export function beginSession(deps: Deps, beginning: Beginning & { provenHash: null }): string
/** Null when the password is no longer the one that was proven. */
export function beginSession(deps: Deps, beginning: Beginning): string | null
export function beginSession(deps: Deps, { user, browser, provenHash }: Beginning): string | null {
  const userId = user.id
  const id = newUuid()
  const userAgent = browser.userAgent.slice(0, USER_AGENT_MAX)
  const begun = deps.db.write((tx) => {
    if (provenHash !== null && findPasswordHash(tx, userId) !== provenHash) return null
    const hasOthers = store.hasSessions(tx, { userId, now: tx.now })
    const isKnown = store.isAddressKnown(tx, { userId, remoteAddress: browser.remoteAddress, now: tx.now })
    store.insertSession(tx, { ...browser, userAgent, id, userId, expiresAt: tx.now + SESSION_MS })
    store.deleteOldSessions(tx, { userId, kept: SESSIONS_MAX })
    return { isUnusual: hasOthers && !isKnown }
  })
  if (begun === null) return null
  if (begun.isUnusual && user.mails.signIns && deps.config.smtp !== null) notifyOfSignIn(deps, { user, browser })
  return id
}

/** Prolongs a session that is used, but not beyond its life. */
export function prolongSession(deps: Deps, id: string): void {
  deps.db.write((tx) => store.saveSessionSeen(tx, { id, expiresAt: tx.now + SESSION_MS, lifeMs: SESSION_LIFE_MS }))
}

/** The first page is the one of this project from now on. */
export function rememberProject(deps: Deps, input: { id: string; projectId: string }): void {
  deps.db.write((tx) => store.saveSessionProject(tx, input))
}

export function endSession(deps: Deps, input: { id: string; userId: string }): void {
  deps.db.write((tx) => void store.deleteSession(tx, input))
}

/** Signs a user out everywhere but in the session `keptId`. */
export function endOtherSessions(deps: Deps, input: { userId: string; keptId: string | null }): void {
  deps.db.write((tx) => store.deleteSessionsOfUser(tx, input))
}

// Nobody waits for this mail, and a mail server that hangs must not keep anybody from signing in.
function notifyOfSignIn(deps: Deps, { user, browser }: { user: User; browser: Browser }): void {
  const message = signInMail({
    to: user.email,
    at: deps.clock.now(),
    zone: user.timeZone,
    address: browser.remoteAddress,
    browser: browserInWords(browser.userAgent),
    url: `${deps.config.baseUrl}/settings`,
  })
  void mail(deps, message)
}
