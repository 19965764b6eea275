import type { Deps } from '#deps.ts'
import { SESSION_LIFE_MS, SESSION_MS, SESSIONS_MAX, type User } from '#domain/account.ts'
import { USER_AGENT_MAX } from '#domain/ping.ts'
import { newUuid } from '#lib/tokens.ts'
import { findPasswordHash } from '#store/accounts.ts'
import * as store from '#store/sessions.ts'
import { signInMail } from '#words/account-mail.ts'
import { browserInWords } from '#words/browser.ts'
import { hasMailServer } from './mail-server.ts'
import { mail } from './mailed-links.ts'

export interface Browser {
  remoteAddress: string | null
  userAgent: string
}

interface SignIn {
  user: User
  browser: Browser
  /** The hash that the password matched. Null when the password was just set. */
  provenHash: string | null
}

/** Signs a user in, and returns the session id. Emails the user when the network address is new. */
export function beginSession(deps: Deps, signIn: SignIn & { provenHash: null }): string
/** Null when the password has changed since it was verified. */
export function beginSession(deps: Deps, signIn: SignIn): string | null
export function beginSession(deps: Deps, { user, browser, provenHash }: SignIn): string | null {
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
  if (begun.isUnusual && user.mails.signIns && hasMailServer(deps)) notifyOfSignIn(deps, { user, browser })
  return id
}

/** Extends a session in use, up to its maximum lifetime. */
export function extendSession(deps: Deps, id: string): void {
  deps.db.write((tx) => store.saveSessionSeen(tx, { id, expiresAt: tx.now + SESSION_MS, lifeMs: SESSION_LIFE_MS }))
}

/** Makes this project the session's start page. */
export function rememberProject(deps: Deps, input: { id: string; projectId: string }): void {
  deps.db.write((tx) => store.saveSessionProject(tx, input))
}

export function endSession(deps: Deps, input: { id: string; userId: string }): void {
  deps.db.write((tx) => void store.deleteSession(tx, input))
}

/** Signs a user out everywhere except in the session `keptId`. */
export function endOtherSessions(deps: Deps, input: { userId: string; keptId: string | null }): void {
  deps.db.write((tx) => store.deleteSessionsOfUser(tx, input))
}

// The mail is sent without waiting, because a hanging mail server must not block sign-ins.
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
