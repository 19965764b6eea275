import { authenticate } from '#actions/accounts.ts'
import { hasMailServer } from '#actions/mail-server.ts'
import { type Browser, beginSession, endSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import { type Form, orRerender } from '#http/forms.ts'
import { anyone, type PageRequest, type WebDeps } from '#http/guards.ts'
import { type AccountAttempt, createAccountLimit, createNetworkLimit, type Limit } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { MINUTE } from '#lib/duration.ts'
import { AppError, isTooMany } from '#lib/errors.ts'
import { findPasswordHash, findUserByEmail } from '#store/accounts.ts'
import { freshForm } from '#views/components/field.tsx'
import type { NoticeCode } from '#views/notices.ts'
import { LoginPage } from '#views/pages/sign-in.tsx'

const WRONG = 'Wrong email address or password.'
const OWN = 'http://own.invalid'

export function signInRoutes(web: WebDeps) {
  const limits: Limits = {
    network: createNetworkLimit({ tries: 20, withinMs: 15 * MINUTE }),
    account: createAccountLimit({ tries: 10, ceiling: 50, withinMs: 15 * MINUTE }),
  }
  return cookieRoutes(web.deps, 'web/sign-in')
    .get(
      '/login',
      anyone(web, (context) => showLogin(web, context)),
    )
    .post(
      '/login',
      anyone(web, (context) => signIn(web, { context, limits })),
      { parse: 'none' },
    )
    .post(
      '/logout',
      anyone(web, (context) => signOut(web, context)),
      { parse: 'none' },
    )
}

/** Signs the user in and redirects to `path`. */
export async function startSession(
  web: WebDeps,
  { context, user, path, notice }: { context: PageRequest; user: User; path: string; notice?: NoticeCode },
): Promise<Response> {
  const sessionId = beginSession(web.deps, { user, browser: browserOf(context), provenHash: null })
  return withCookies(redirect(url(path), notice), await cookiesOf(web, { context, userId: user.id, sessionId }))
}

// One cookie is the session. The other one identifies the browser at later sign-ins.
async function cookiesOf(
  { sessions, devices }: WebDeps,
  { context, userId, sessionId }: { context: PageRequest; userId: string; sessionId: string },
): Promise<string[]> {
  return [await sessions.cookie(sessionId), devices.cookie(context.request, userId)]
}

function browserOf({ request }: PageRequest): Browser {
  return { remoteAddress: peerOf(request), userAgent: request.headers.get('user-agent') ?? '' }
}

/** Returns a local path that is valid in a header, so that a link can't redirect to another site after the sign-in. */
export function safePath(path: string): string {
  const isLocal = /^\/(?![/\\])[^\s\\]*$/.test(path) && URL.canParse(path, OWN)
  if (!isLocal) return '/'
  const { origin, pathname, search, hash } = new URL(path, OWN)
  // The URL parser has removed dot segments, and the rest may begin with two slashes: "/.//example.org".
  return origin === OWN && !pathname.startsWith('//') ? pathname + search + hash : '/'
}

async function showLogin(web: WebDeps, context: PageRequest): Promise<Response> {
  const next = safePath(context.query.get('next') ?? '/')
  if ((await web.sessions.find(context.request)) !== null) return redirect(url(next))
  return login(web, { context, next, values: {}, problem: null, status: 200 })
}

interface Limits {
  /** Limits attempts by browsers in which no one has signed in before. */
  network: Limit<string | null>
  account: Limit<AccountAttempt>
}

interface Attempt extends AccountAttempt {
  context: PageRequest
  email: string
  user: User | null
}

// Attempts are counted per password, so the count starts again after a password is reset.
function attemptOf({ deps: { db }, devices }: WebDeps, context: PageRequest): Attempt {
  const email = context.form.text('email').trim().toLowerCase()
  const user = findUserByEmail(db, email)
  const account = user === null ? email : `${user.id} ${findPasswordHash(db, user.id)}`
  const device = user && devices.find(context.request, user.id)
  return { context, email, user, account, address: peerOf(context.request), device }
}

// An attempt is counted before the password is checked. Otherwise a hundred simultaneous attempts would all get
// through.
async function signIn(web: WebDeps, { context, limits }: { context: PageRequest; limits: Limits }): Promise<Response> {
  const attempt = attemptOf(web, context)
  return await orRerender(
    web.deps,
    async () => {
      await take(limits, attempt)
      const begun = await sessionFor(web, attempt).catch(async (error) => {
        await refund(limits, attempt)
        throw error
      })
      if (begun === null) throw new AppError('invalid', WRONG)
      await refund(limits, attempt)
      return withCookies(
        redirect(url(safePath(context.form.text('next')))),
        await cookiesOf(web, { context, ...begun }),
      )
    },
    (error) => {
      logFailure(web, { attempt, error })
      return refuse(web, { context, form: context.form, problem: error.message })
    },
  )
}

async function take({ network, account }: Limits, attempt: Attempt): Promise<void> {
  if (attempt.device === null) await network.take(attempt.address)
  await account.take(attempt)
}

async function refund({ network, account }: Limits, attempt: Attempt): Promise<void> {
  if (attempt.device === null) await network.refund(attempt.address)
  await account.refund(attempt)
}

// Programs such as fail2ban read these lines. A user may type a password as the address, so only known ones are logged.
function logFailure({ deps: { log } }: WebDeps, { attempt, error }: { attempt: Attempt; error: AppError }): void {
  const event = isTooMany(error) ? 'Sign-in refused: too many tries' : 'Sign-in failed'
  log.info(event, { address: attempt.address, ...(attempt.user && { account: attempt.user.email }) })
}

// Also null if the password was changed during the check, because the old one is no longer valid.
async function sessionFor({ deps }: WebDeps, { context, email, device }: Attempt) {
  const password = context.form.text('password')
  const proven = await authenticate(deps, { email, password, isKnown: device !== null })
  if (proven === null) return null
  const { user, passwordHash: provenHash } = proven
  const sessionId = beginSession(deps, { user, browser: browserOf(context), provenHash })
  return sessionId === null ? null : { sessionId, userId: user.id }
}

function refuse(
  web: WebDeps,
  { context, form, problem }: { context: PageRequest; form: Form; problem: string },
): Response {
  const values = { email: form.text('email') }
  return login(web, { context, next: safePath(form.text('next')), values, problem, status: 422 })
}

interface Login {
  context: PageRequest
  next: string
  values: Record<string, string>
  problem: string | null
  status: number
}

function login({ deps }: WebDeps, { context, next, values, problem, status }: Login): Response {
  return page(
    <LoginPage
      form={freshForm(values)}
      problem={problem}
      notice={context.notice}
      next={next}
      isRegistrationOpen={deps.config.registration === 'open'}
      hasMailServer={hasMailServer(deps)}
    />,
    status,
  )
}

async function signOut(web: WebDeps, { request }: PageRequest): Promise<Response> {
  const found = await web.sessions.find(request)
  if (found) endSession(web.deps, { id: found.session.id, userId: found.user.id })
  return withCookies(redirect(url('/login'), 'signed-out'), [web.sessions.cleared()])
}
