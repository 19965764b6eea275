import { Elysia } from 'elysia'
import { authenticate } from '#actions/accounts.ts'
import { type Browser, beginSession, endSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import { type Form, orAgain } from '#http/forms.ts'
import { anybody, type House, type Visit } from '#http/guards.ts'
import { createLimit, neighbourhood } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
import { MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { freshForm } from '#views/components/field.tsx'
import type { NoticeCode } from '#views/notices.ts'
import { LoginPage } from '#views/pages/sign-in.tsx'

const WRONG = 'The e-mail address or the password is wrong.'
const WITHIN_MS = 15 * MINUTE
const OWN = 'http://own.invalid'

export function signInRoutes(house: House) {
  const limits = {
    address: createLimit({ tries: 20, withinMs: WITHIN_MS }),
    account: createLimit({ tries: 10, withinMs: WITHIN_MS }),
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
  return withCookies(redirect(path, notice), [await house.sessions.cookie(sessionId)])
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
  address: ReturnType<typeof createLimit>
  account: ReturnType<typeof createLimit>
}

// A try is counted before the password is looked at, or a hundred at once would all be free.
async function signIn(house: House, { visit, limits }: { visit: Visit; limits: Limits }): Promise<Response> {
  const { form } = visit
  const email = form.text('email').trim().toLowerCase()
  const address = neighbourhood(peerOf(visit.request))
  const giveBack = () => Promise.all([limits.address.giveBack(address), limits.account.giveBack(email)])
  return await orAgain(
    async () => {
      await limits.address.take(address)
      await limits.account.take(email)
      const sessionId = await sessionFor(house, { visit, email }).catch(async (error) => {
        await giveBack()
        throw error
      })
      if (sessionId === null) throw new AppError('invalid', WRONG)
      await giveBack()
      return withCookies(redirect(safePath(form.text('next'))), [await house.sessions.cookie(sessionId)])
    },
    ({ message }) => refuse(house, { visit, form, problem: message }),
  )
}

// Null also when the password was changed while it was looked at: who had it then is out.
async function sessionFor({ deps }: House, { visit, email }: { visit: Visit; email: string }): Promise<string | null> {
  const proven = await authenticate(deps, { email, password: visit.form.text('password') })
  return proven && beginSession(deps, { user: proven.user, browser: browserOf(visit), provenHash: proven.passwordHash })
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
