// How strangers get an account: the first one, while registration is open, or by an invitation.
import { Elysia } from 'elysia'
import { invitationOf, joinProject } from '#actions/members.ts'
import { isSetupToken, register, requireOpenRegistration, setUp } from '#actions/registration.ts'
import type { Invitation } from '#domain/project.ts'
import { type Form, orAgain, problemOf } from '#http/forms.ts'
import { anybody, type House, type SignedInVisit, signedIn, untilSetUp, type Visit } from '#http/guards.ts'
import { createLimit, type Limit, neighbourhood } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect } from '#http/respond.tsx'
import { HOUR } from '#lib/duration.ts'
import type { AppError } from '#lib/errors.ts'
import { asServiceUser } from '#lib/service-user.ts'
import { findProject } from '#store/projects.ts'
import { freshForm } from '#views/components/field.tsx'
import { ConfirmPage, NewAccountPage, SetupClosedPage } from '#views/pages/sign-in.tsx'
import { letIn } from './sign-in.tsx'

export function registrationRoutes(house: House) {
  const limit = createLimit({ tries: 20, withinMs: HOUR })
  return (
    new Elysia({ name: 'web/registration' })
      .get(
        '/setup',
        untilSetUp(house, (visit) => showSetup(house, visit)),
      )
      .post(
        '/setup',
        untilSetUp(house, (visit) => setUpFirst(house, visit)),
        { parse: 'none' },
      )
      .get(
        '/register',
        anybody(house, () => showRegistration(house, null)),
      )
      .post(
        '/register',
        anybody(house, (visit) => join(house, { visit, limit, token: null })),
        { parse: 'none' },
      )
      .get(
        '/invitations/:token',
        anybody(house, (visit) => showInvitation(house, visit)),
      )
      // The form that came back leaves its own address in the browser, and somebody may ask for that again.
      .get(
        '/invitations/:token/account',
        anybody(house, ({ params }) => redirect(`/invitations/${encodeURIComponent(params.token ?? '')}`)),
      )
      .post(
        '/invitations/:token/account',
        anybody(house, (visit) => joinByInvitation(house, { visit, limit })),
        { parse: 'none' },
      )
      .post(
        '/invitations/:token',
        signedIn(house, (visit) => acceptInvitation(house, visit)),
        { parse: 'none' },
      )
  )
}

const CREATE_FIRST = 'cronguard user create you@example.com --admin'

function showSetup({ deps }: House, { query, now }: Visit): Response {
  const token = query.get('token')
  if (token === null) return page(<SetupClosedPage isStale={false} command={asServiceUser(CREATE_FIRST)} />)
  if (!isSetupToken(deps.db, { token, now })) {
    return page(<SetupClosedPage isStale command={asServiceUser(CREATE_FIRST)} />, 403)
  }
  return setupPage({ token, values: {}, problems: {}, problem: null })
}

async function setUpFirst(house: House, visit: Visit): Promise<Response> {
  const { query, form } = visit
  const token = query.get('token') ?? ''
  return await orAgain(
    async () => {
      const user = await setUp(house.deps, { token, ...newcomer(form) })
      return await letIn(house, { visit, user, path: '/', notice: 'signed-in' })
    },
    (error) => setupPage({ token, ...againAfter(error, form) }),
  )
}

interface AgainProps {
  values: Record<string, string>
  problems: Readonly<Record<string, string>>
  problem: string | null
  status?: number
}

function setupPage({ token, values, problems, problem, status = 200 }: AgainProps & { token: string }): Response {
  return page(
    <NewAccountPage
      title="Welcome to CronGuard"
      lead="Make the first account. It administers this CronGuard."
      action={`/setup?token=${encodeURIComponent(token)}`}
      form={{ values, problems }}
      problem={problem}
      submit="Make the account"
    />,
    status,
  )
}

function showRegistration({ deps }: House, again: AgainProps | null): Response {
  requireOpenRegistration(deps)
  const { values, problems } = again ?? freshForm()
  return page(
    <NewAccountPage
      title="Create an account"
      lead="With a project of your own. You are not asked for anything else."
      action="/register"
      form={{ values, problems }}
      problem={again?.problem ?? null}
      submit="Create the account"
      signIn={
        <>
          You have one already? <a href="/login">Sign in</a>.
        </>
      }
    />,
    again?.status ?? 200,
  )
}

interface Joining {
  visit: Visit
  limit: Limit
  token: string | null
}

async function join(house: House, { visit, limit, token }: Joining): Promise<Response> {
  const { form } = visit
  const again = (props: AgainProps): Response =>
    token === null ? showRegistration(house, props) : invitationForm(house, { token, again: props })
  return await orAgain(
    async () => {
      await limit.take(neighbourhood(peerOf(visit.request)))
      const user = await register(house.deps, { ...newcomer(form), invitation: token })
      return await letIn(house, { visit, user, path: '/', notice: token === null ? 'signed-in' : 'project-joined' })
    },
    (error) => again(againAfter(error, form)),
  )
}

function joinByInvitation(house: House, { visit, limit }: Omit<Joining, 'token'>): Promise<Response> {
  return join(house, { visit, limit, token: visit.params.token ?? '' })
}

async function showInvitation(house: House, visit: Visit): Promise<Response> {
  const token = visit.params.token ?? ''
  const invitation = invitationOf(house.deps, token)
  const isStranger = (await house.sessions.find(visit.request)) === null
  if (isStranger) return invitationForm(house, { token, again: null })
  const name = projectName(house, invitation)
  return page(
    <ConfirmPage
      title="An invitation"
      lead={`You are invited to the project "${name}", as ${invitation.role}.`}
      action={`/invitations/${token}`}
      submit="Join the project"
    />,
  )
}

function invitationForm(house: House, { token, again }: { token: string; again: AgainProps | null }): Response {
  const invitation = invitationOf(house.deps, token)
  const { values, problems } = again ?? freshForm({ email: invitation.email ?? '' })
  const name = projectName(house, invitation)
  return page(
    <NewAccountPage
      title="An invitation"
      lead={`You are invited to the project "${name}", as ${invitation.role}. Make an account to join it.`}
      action={`/invitations/${token}/account`}
      form={{ values, problems }}
      problem={again?.problem ?? null}
      submit="Make the account and join"
      signIn={
        <>
          You have an account already? <a href={`/login?next=/invitations/${token}`}>Sign in and join</a>.
        </>
      }
    />,
    again?.status ?? 200,
  )
}

function acceptInvitation(house: House, { params, user }: SignedInVisit): Response {
  const { projectId } = joinProject(house.deps, { token: params.token ?? '', user })
  return redirect(`/projects/${projectId}`, 'project-joined')
}

function projectName({ deps }: House, { projectId }: Invitation): string {
  return findProject(deps.db, projectId)?.name ?? ''
}

function newcomer(form: Form) {
  return { email: form.text('email'), password: form.text('password'), timeZone: form.text('timeZone') }
}

// A password never comes back in a page.
function againAfter(error: AppError, form: Form): AgainProps {
  return { values: { email: form.text('email') }, problems: error.fields, problem: problemOf(error), status: 422 }
}
