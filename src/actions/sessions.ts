import type { Deps } from '#deps.ts'
import { SESSION_MS, type User } from '#domain/account.ts'
import { browserInWords } from '#domain/browser.ts'
import { signInLetter } from '#domain/letter.ts'
import { USER_AGENT_MAX } from '#domain/ping.ts'
import { newUuid } from '#lib/tokens.ts'
import * as store from '#store/sessions.ts'
import { mail } from './mailed-links.ts'

export interface Browser {
  remoteAddress: string | null
  userAgent: string
}

/** Signs a user in; returns the id of the session. He is told by mail when the address is new. */
export function beginSession(deps: Deps, { user, browser }: { user: User; browser: Browser }): string {
  const id = newUuid()
  const userAgent = browser.userAgent.slice(0, USER_AGENT_MAX)
  const isUnusual = deps.db.write((tx) => {
    store.deleteExpiredSessions(tx)
    const hasOthers = store.listSessions(tx, { userId: user.id, now: tx.now }).length > 0
    const isKnown = store.isAddressKnown(tx, { userId: user.id, remoteAddress: browser.remoteAddress })
    store.insertSession(tx, { ...browser, userAgent, id, userId: user.id, expiresAt: tx.now + SESSION_MS })
    return hasOthers && !isKnown
  })
  if (isUnusual && user.mails.signIns && deps.config.smtp !== null) tellOfSignIn(deps, { user, browser })
  return id
}

/** Prolongs a session that is used. */
export function prolongSession(deps: Deps, id: string): void {
  deps.db.write((tx) => store.saveSessionSeen(tx, { id, expiresAt: tx.now + SESSION_MS }))
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
function tellOfSignIn(deps: Deps, { user, browser }: { user: User; browser: Browser }): void {
  const letter = signInLetter({
    to: user.email,
    at: deps.clock.now(),
    address: browser.remoteAddress,
    browser: browserInWords(browser.userAgent),
    url: `${deps.config.baseUrl}/settings`,
  })
  void mail(deps, letter)
}
