import { Elysia } from 'elysia'
import { authenticate } from '#actions/accounts.ts'
import { type Browser, beginSession, endSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import { type Form, orAgain } from '#http/forms.ts'
import { anybody, type House, type Visit } from '#http/guards.ts'
import { type AccountTry, createAccountLimit, createNetworkLimit, type Limit } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
import { MINUTE } from '#lib/duration.ts'
import { AppError, isTooMany } from '#lib/errors.ts'
import { findPasswordHash, findUserByEmail } from '#store/accounts.ts'
import { freshForm } from '#views/components/field.tsx'
import type { NoticeCode } from '#views/notices.ts'
import { LoginPage } from '#views/pages/sign-in.tsx'

const WRONG = 'The e-mail address or the password is wrong.'
const OWN = 'http://own.invalid'

export function signInRoutes(house: House) {
  const limits: Limits = {
    network: createNetworkLimit({ tries: 20, withinMs: 15 * MINUTE }),
    account: createAccountLimit({ tries: 10, ceiling: 50, withinMs: 15 * MINUTE }),
  }
  return new Elysia({ name: 'web/sign-in' })
    .get(
      '/login',
      anybody(house, (visit) => showLogin(house, visit)),
    )
    .post(
      '/login',
      anybody(house, (visit) => signIn(house, { visit, limits })),
      { parse: 'none' },
    )
    .post(
      '/logout',
      anybody(house, (visit) => signOut(house, visit)),
      { parse: 'none' },
    )
}

/** Signs a user in with this browser, and shows them `path`. */
export async function letIn(
  house: House,
  { visit, user, path, notice }: { visit: Visit; user: User; path: string; notice?: NoticeCode },
): Promise<Response> {
  const sessionId = beginSession(house.deps, { user, browser: browserOf(visit), provenHash: null })
  return withCookies(redirect(path, notice), await cookiesOf(house, { visit, userId: user.id, sessionId }))
}

// The browser stays signed in, and is known when it comes to sign in again.
async function cookiesOf(
  { sessions, devices }: House,
  { visit, userId, sessionId }: { visit: Visit; userId: string; sessionId: string },
): Promise<string[]> {
  return [await sessions.cookie(sessionId), devices.cookie(visit.request, userId)]
}

function browserOf({ request }: Visit): Browser {
  return { remoteAddress: peerOf(request), userAgent: request.headers.get('user-agent') ?? '' }
}

/** Only a path of this CronGuard, fit for a header: a link must not lead to another site by way of the sign-in. */
export function safePath(path: string): string {
  const isLocal = /^\/(?![/\\])[^\s\\]*$/.test(path) && URL.canParse(path, OWN)
  if (!isLocal) return '/'
  const { origin, pathname, search, hash } = new URL(path, OWN)
  // Dots are gone by now, and what stood behind them may begin with two slashes.
  return origin === OWN && !pathname.startsWith('//') ? pathname + search + hash : '/'
}

async function showLogin(house: House, visit: Visit): Promise<Response> {
  const next = safePath(visit.query.get('next') ?? '/')
  if ((await house.sessions.find(visit.request)) !== null) return redirect(next)
  return login(house, { visit, next, values: {}, problem: null, status: 200 })
}

interface Limits {
  /** Of browsers that nobody knows. */
  network: Limit<string | null>
  account: Limit<AccountTry>
}

interface Attempt extends AccountTry {
  visit: Visit
  email: string
  user: User | null
}

// What is counted is tries at one password: a new one, as after a reset by mail, is a fresh start.
function attemptOf({ deps: { db }, devices }: House, visit: Visit): Attempt {
  const email = visit.form.text('email').trim().toLowerCase()
  const user = findUserByEmail(db, email)
  const account = user === null ? email : `${user.id} ${findPasswordHash(db, user.id)}`
  const device = user && devices.find(visit.request, user.id)
  return { visit, email, user, account, address: peerOf(visit.request), device }
}

// A try is counted before the password is looked at, or a hundred at once would all be free.
async function signIn(house: House, { visit, limits }: { visit: Visit; limits: Limits }): Promise<Response> {
  const attempt = attemptOf(house, visit)
  return await orAgain(
    async () => {
      await take(limits, attempt)
      const begun = await sessionFor(house, attempt).catch(async (error) => {
        await giveBack(limits, attempt)
        throw error
      })
      if (begun === null) throw new AppError('invalid', WRONG)
      await giveBack(limits, attempt)
      return withCookies(redirect(safePath(visit.form.text('next'))), await cookiesOf(house, { visit, ...begun }))
    },
    (error) => {
      logFailure(house, { attempt, error })
      return refuse(house, { visit, form: visit.form, problem: error.message })
    },
  )
}

async function take({ network, account }: Limits, attempt: Attempt): Promise<void> {
  if (attempt.device === null) await network.take(attempt.address)
  await account.take(attempt)
}

async function giveBack({ network, account }: Limits, attempt: Attempt): Promise<void> {
  if (attempt.device === null) await network.giveBack(attempt.address)
  await account.giveBack(attempt)
}

// Programs like fail2ban read these lines. What was typed as an address may be a password, so only a known one is told.
function logFailure({ deps: { log } }: House, { attempt, error }: { attempt: Attempt; error: AppError }): void {
  const event = isTooMany(error) ? 'Sign-in refused: too many tries' : 'Sign-in failed'
  log.info(event, { address: attempt.address, ...(attempt.user && { account: attempt.user.email }) })
}

// Null also when the password was changed while it was looked at: who had it then is out.
async function sessionFor({ deps }: House, { visit, email, device }: Attempt) {
  const password = visit.form.text('password')
  const proven = await authenticate(deps, { email, password, isKnown: device !== null })
  if (proven === null) return null
  const { user, passwordHash: provenHash } = proven
  const sessionId = beginSession(deps, { user, browser: browserOf(visit), provenHash })
  return sessionId === null ? null : { sessionId, userId: user.id }
}

function refuse(house: House, { visit, form, problem }: { visit: Visit; form: Form; problem: string }): Response {
  const values = { email: form.text('email') }
  return login(house, { visit, next: safePath(form.text('next')), values, problem, status: 422 })
}

interface Login {
  visit: Visit
  next: string
  values: Record<string, string>
  problem: string | null
  status: number
}

function login({ deps }: House, { visit, next, values, problem, status }: Login): Response {
  return page(
    <LoginPage
      form={freshForm(values)}
      problem={problem}
      notice={visit.notice}
      next={next}
      isRegistrationOpen={deps.config.registration === 'open'}
      hasMailServer={deps.config.smtp !== null}
    />,
    status,
  )
}

async function signOut(house: House, { request }: Visit): Promise<Response> {
  const found = await house.sessions.find(request)
  if (found) endSession(house.deps, { id: found.session.id, userId: found.user.id })
  return withCookies(redirect('/login', 'signed-out'), [house.sessions.cleared()])
}
