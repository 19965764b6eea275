import { Elysia } from 'elysia'
import { authenticate } from '#actions/accounts.ts'
import { beginSession, endSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import type { Form } from '#http/forms.ts'
import { anybody, type House, type Visit } from '#http/guards.ts'
import { createLimit, neighbourhood } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
import { MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { freshForm } from '#views/components/field.tsx'
import { LoginPage } from '#views/pages/sign-in.tsx'

const WRONG = 'The e-mail address or the password is wrong.'
const WITHIN_MS = 15 * MINUTE

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

/** Signs a user in with this browser, and shows him `path`. */
export async function letIn(house: House, { visit, user, path }: { visit: Visit; user: User; path: string }) {
  const browser = {
    remoteAddress: peerOf(visit.request),
    userAgent: visit.request.headers.get('user-agent') ?? '',
  }
  const sessionId = beginSession(house.deps, { user, browser })
  return withCookies(redirect(path), [await house.sessions.cookie(sessionId)])
}

/** Only a path of this CronGuard: a link must not lead to another site by way of the sign-in. */
export function safePath(path: string): string {
  const isLocal = /^\/(?![/\\])[^\s\\]*$/.test(path)
  return isLocal ? path : '/'
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
  try {
    await limits.address.take(address)
    await limits.account.take(email)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return refuse(house, { visit, form, problem: error.message, status: 429 })
  }
  const user = await authenticate(house.deps, { email, password: form.text('password') })
  if (user === null) return refuse(house, { visit, form, problem: WRONG, status: 422 })
  await Promise.all([limits.address.giveBack(address), limits.account.giveBack(email)])
  return await letIn(house, { visit, user, path: safePath(form.text('next')) })
}

function refuse(
  house: House,
  { visit, form, problem, status }: { visit: Visit; form: Form; problem: string; status: number },
): Response {
  const values = { email: form.text('email') }
  return login(house, { visit, next: safePath(form.text('next')), values, problem, status })
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
