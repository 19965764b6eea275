// Creates accounts: the first one, through open registration, or by invitation.
import { hasMailServer } from '#actions/mail-server.ts'
import { invitationOf, invitationProof, invitationToken, joinProject } from '#actions/members.ts'
import {
  isSetupToken,
  mailRegistration,
  type Registration,
  readEmail,
  register,
  registrationOf,
  requireOpenRegistration,
  setUp,
} from '#actions/registration.ts'
import type { Invitation } from '#domain/project.ts'
import { type Form, orRerender, problemOf } from '#http/forms.ts'
import { anyone, beforeSetup, type PageRequest, type SignedInRequest, signedIn, type WebDeps } from '#http/guards.ts'
import { createNetworkLimit, type Limit } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import type { Child } from '#jsx/jsx-runtime'
import { type Address, url } from '#lib/base-path.ts'
import { HOUR } from '#lib/duration.ts'
import { type AppError, isTooMany } from '#lib/errors.ts'
import { asServiceUser } from '#lib/service-user.ts'
import { isSameText } from '#lib/tokens.ts'
import { findProject } from '#store/projects.ts'
import { freshForm } from '#views/components/field.tsx'
import { ConfirmPage, NewAccountPage, RegisterByMailPage, SetupClosedPage } from '#views/pages/sign-in.tsx'
import { startSession } from './sign-in.tsx'

export function registrationRoutes(web: WebDeps) {
  const limit = createNetworkLimit({ tries: 20, withinMs: HOUR })
  return (
    cookieRoutes(web.deps, 'web/registration')
      .get(
        '/setup',
        beforeSetup(web, (context) => showSetup(web, context)),
      )
      .post(
        '/setup',
        beforeSetup(web, (context) => handleCreateFirstAccount(web, context)),
        { parse: 'none' },
      )
      .get(
        '/register',
        anyone(web, () => showSignUp(openSignUp(web))),
      )
      .post(
        '/register',
        anyone(web, (context) => enter(web, { context, limit, signUp: openSignUp(web) })),
        { parse: 'none' },
      )
      .get(
        '/register/:token',
        anyone(web, (context) => showSignUp(verifiedSignUp(web, context))),
      )
      .post(
        '/register/:token',
        anyone(web, (context) => enter(web, { context, limit, signUp: verifiedSignUp(web, context) })),
        { parse: 'none' },
      )
      .get(
        '/invitations/:token',
        anyone(web, (context) => showInvitation(web, context)),
      )
      // After an error the browser shows the form's URL, and the user may reload it.
      .get(
        '/invitations/:token/account',
        anyone(web, ({ params }) => redirect(url(`/invitations/${encodeURIComponent(params.token ?? '')}`))),
      )
      .post(
        '/invitations/:token/account',
        anyone(web, (context) => enter(web, { context, limit, signUp: invitedSignUp(web, context) })),
        { parse: 'none' },
      )
      .post(
        '/invitations/:token',
        signedIn(web, (context) => acceptInvitation(web, context)),
        { parse: 'none' },
      )
  )
}

const CREATE_FIRST = 'cronguard user create you@example.com --admin'

function showSetup({ deps }: WebDeps, { query, now }: PageRequest): Response {
  const token = query.get('token')
  if (token === null) return page(<SetupClosedPage isStale={false} command={asServiceUser(CREATE_FIRST)} />)
  if (!isSetupToken(deps.db, { token, now })) {
    return page(<SetupClosedPage isStale command={asServiceUser(CREATE_FIRST)} />, 403)
  }
  return setupPage({ token, values: {}, problems: {}, problem: null })
}

async function handleCreateFirstAccount(web: WebDeps, context: PageRequest): Promise<Response> {
  const { query, form } = context
  const token = query.get('token') ?? ''
  return await orRerender(
    web.deps,
    async () => {
      const user = await setUp(web.deps, { token, ...newcomer(form) })
      return await startSession(web, { context, user, path: '/', notice: 'signed-in' })
    },
    (error) => setupPage({ token, ...retryStateOf(error, form) }),
  )
}

interface RetryState {
  values: Record<string, string>
  problems: Readonly<Record<string, string>>
  problem: string | null
  status?: number
}

function setupPage({ token, values, problems, problem, status = 200 }: RetryState & { token: string }): Response {
  return page(
    <NewAccountPage
      title="Welcome to CronGuard"
      lead="Create the first account. You will be the server administrator."
      action={url(`/setup?token=${encodeURIComponent(token)}`)}
      form={{ values, problems }}
      problem={problem}
      submit="Create account"
    />,
    status,
  )
}

/** A way to create an account. */
interface SignUp {
  title: string
  lead: Child
  action: Address
  submit: string
  signIn: Child
  invitation: Invitation | null
  /** The verified address; null if the user types it. */
  email: string | null
  /** Whether an emailed link must verify the address first. This also hides whether the address has an account. */
  isByMail: boolean
}

const FRESH: RetryState = { values: {}, problems: {}, problem: null }

function openSignUp({ deps }: WebDeps): SignUp {
  requireOpenRegistration(deps)
  const isByMail = hasMailServer(deps)
  return {
    title: 'Create an account',
    lead: isByMail ? 'Enter your email address to get a link.' : 'Your account comes with its own project.',
    action: url('/register'),
    submit: 'Create account',
    signIn: (
      <>
        Already have an account? <a href={url('/login')}>Sign in</a>.
      </>
    ),
    invitation: null,
    email: null,
    isByMail,
  }
}

function invitedSignUp(web: WebDeps, { params, query }: PageRequest): SignUp {
  const { deps } = web
  const token = params.token ?? ''
  const invitation = invitationOf(deps, token)
  const isProven = invitation.email !== null && isSameText(query.get('proof') ?? '', invitationProof(deps, invitation))
  const proof = isProven ? `?proof=${invitationProof(deps, invitation)}` : ''
  return {
    title: "You're invited",
    lead: `${invitedInWords(web, invitation)} Create an account to join.`,
    action: url(`/invitations/${token}/account${proof}`),
    submit: 'Create account and join',
    signIn: (
      <>
        Already have an account? <a href={url(`/login?next=/invitations/${token}`)}>Sign in and join</a>.
      </>
    ),
    invitation,
    email: isProven ? invitation.email : null,
    isByMail: !isProven && hasMailServer(deps),
  }
}

function verifiedSignUp({ deps }: WebDeps, { params }: PageRequest): SignUp {
  const token = params.token ?? ''
  const { email, invitation } = registrationOf(deps, token)
  if (invitation === null) requireOpenRegistration(deps)
  const next = invitation === null ? '' : `?next=/invitations/${invitationToken(deps, invitation)}`
  return {
    title: 'Create an account',
    lead: 'Choose a password for your account.',
    action: url(`/register/${token}`),
    submit: invitation === null ? 'Create account' : 'Create account and join',
    signIn: (
      <>
        Already have an account? <a href={url(`/login${next}`)}>Sign in</a>.
      </>
    ),
    invitation,
    email,
    isByMail: false,
  }
}

function showSignUp(signUp: SignUp, { values, problems, problem, status = 200 }: RetryState = FRESH): Response {
  const { title, lead, action, submit, signIn, email, isByMail, invitation } = signUp
  const form = { values: { email: invitation?.email ?? '', ...values }, problems }
  if (isByMail)
    return page(<RegisterByMailPage {...{ title, lead, action, form, problem, signIn }} isSent={false} />, status)
  const proven = email === null ? {} : { email }
  return page(<NewAccountPage {...{ title, lead, action, form, problem, submit, signIn, ...proven }} />, status)
}

interface SignUpRequest {
  context: PageRequest
  limit: Limit<string | null>
  signUp: SignUp
}

async function enter(web: WebDeps, { context, limit, signUp }: SignUpRequest): Promise<Response> {
  const { form, request } = context
  return await orRerender(
    web.deps,
    async () => {
      await limit.take(peerOf(request))
      return signUp.isByMail ? mailLink(web, { context, signUp }) : await handleCreateAccount(web, { context, signUp })
    },
    (error) => showSignUp(signUp, retryStateOf(error, form)),
  )
}

async function handleCreateAccount(web: WebDeps, { context, signUp }: Omit<SignUpRequest, 'limit'>): Promise<Response> {
  const { invitation, email } = signUp
  const typed = newcomer(context.form)
  const isProven = email !== null
  const user = await register(web.deps, { ...typed, email: email ?? typed.email, invitation, isProven })
  return await startSession(web, {
    context,
    user,
    path: '/',
    notice: invitation === null ? 'signed-in' : 'project-joined',
  })
}

// The response and its time are the same whether or not the address has an account or has reached its limit of emails.
function mailLink(web: WebDeps, { context: { form }, signUp }: Omit<SignUpRequest, 'limit'>): Response {
  const email = readEmail(form.text('email'))
  setImmediate(() => mailInLimits(web, { email, invitation: signUp.invitation }))
  const { title, lead, action, signIn } = signUp
  return page(<RegisterByMailPage {...{ title, lead, action, signIn }} form={freshForm()} problem={null} isSent />)
}

async function mailInLimits({ deps, messageLimits }: WebDeps, registration: Registration): Promise<void> {
  try {
    await messageLimits.destinations.take(registration.email)
    await mailRegistration(deps, registration)
  } catch (error) {
    if (!isTooMany(error)) deps.log.error('Could not send an email', { error })
  }
}

async function showInvitation(web: WebDeps, context: PageRequest): Promise<Response> {
  const isStranger = (await web.sessions.find(context.request)) === null
  return web.deps.db.read(() => (isStranger ? showSignUp(invitedSignUp(web, context)) : showJoining(web, context)))
}

function showJoining(web: WebDeps, { params: { token = '' } }: PageRequest): Response {
  const invitation = invitationOf(web.deps, token)
  return page(
    <ConfirmPage
      title="You're invited"
      lead={invitedInWords(web, invitation)}
      action={url(`/invitations/${token}`)}
      submit="Join project"
    />,
  )
}

function acceptInvitation(web: WebDeps, { params, user }: SignedInRequest): Response {
  const { projectId } = joinProject(web.deps, { token: params.token ?? '', user })
  return redirect(url(`/projects/${projectId}`), 'project-joined')
}

function invitedInWords({ deps }: WebDeps, { projectId, role }: Invitation): string {
  const name = findProject(deps.db, projectId)?.name ?? ''
  return `You were invited to join the project “${name}” as ${role === 'admin' ? 'an' : 'a'} ${role}.`
}

function newcomer(form: Form) {
  return { email: form.text('email'), password: form.text('password'), timeZone: form.text('timeZone') }
}

// A password is never sent back to the browser.
function retryStateOf(error: AppError, form: Form): RetryState {
  return { values: { email: form.text('email') }, problems: error.fields, problem: problemOf(error), status: 422 }
}
