// Sessions: a signed cookie names a row in `sessions`. Without the row the cookie is worthless, so a session can be
// ended.
import { jwt } from '@elysiajs/jwt'
import { Elysia } from 'elysia'
import { extendSession } from '#actions/sessions.ts'
import { type Deps, secretOf } from '#deps.ts'
import { SESSION_MS, SESSION_STEP_MS } from '#domain/account.ts'
import { SECOND } from '#lib/duration.ts'
import { tryWrite } from '#lib/errors.ts'
import { hmacSha256Hex } from '#lib/tokens.ts'
import { findSignedIn, type SignedInUser } from '#store/sessions.ts'
import { clearedCookie, cookieName, cookieOf, formerSessionCookie, isSecureSite, setCookie } from './cookies.ts'

export interface Sessions {
  /** The signed-in user of a request, or null. `cookie`: the cookie to set so that the user stays signed in. */
  find(request: Request): Promise<(SignedInUser & { cookie: string | null }) | null>
  /** The cookie that signs in. */
  cookie(sessionId: string): Promise<string>
  /** The cookie that signs out. */
  cleared(): string
}

export function createSessions(deps: Deps): Sessions {
  const { db, clock, config } = deps
  const isSecure = isSecureSite(config)
  const name = cookieName(config, 'session')
  const tokens = new Elysia().use(jwt({ secret: hmacSha256Hex(secretOf(config), 'session'), exp: '30d' })).decorator.jwt

  const cookie = async (sessionId: string): Promise<string> => {
    const exp = Math.floor((clock.now() + SESSION_MS) / SECOND)
    const value = await tokens.sign({ sub: sessionId, exp })
    return setCookie({ name, value, isSecure, maxAgeMs: SESSION_MS })
  }

  const read = async (value: string | null): Promise<SignedInUser | null> => {
    if (value === null) return null
    const token = await tokens.verify(value, { currentDate: new Date(clock.now()) })
    const id = token === false ? undefined : token.sub
    return id === undefined ? null : findSignedIn(db, { id, now: clock.now() })
  }

  const find = async (request: Request): Promise<(SignedInUser & { cookie: string | null }) | null> => {
    const own = await read(cookieOf(request, name))
    // A cookie with the name of earlier versions is replaced by one with the current name.
    const signedIn = own ?? (await read(cookieOf(request, formerSessionCookie(config))))
    if (signedIn === null) return null
    if (own === null) return { ...signedIn, cookie: await cookie(signedIn.session.id) }
    const wasSeenRecently = clock.now() - signedIn.session.seenAt < SESSION_STEP_MS
    // A full disk must not lock users out: they sign in to see what is wrong.
    const isExtendedNow = !wasSeenRecently && tryWrite(() => extendSession(deps, signedIn.session.id))
    return { ...signedIn, cookie: isExtendedNow ? await cookie(signedIn.session.id) : null }
  }

  return { find, cookie, cleared: () => clearedCookie({ name, isSecure }) }
}
