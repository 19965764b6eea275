// Access control for pages: each route names what it requires, and its handler runs only for users who have it.
import { readProjectWarnings, readWarnings } from '#actions/warnings.ts'
import type { Deps } from '#deps.ts'
import type { User } from '#domain/account.ts'
import type { Monitor } from '#domain/monitor.ts'
import { may, type OwnProject, type Permission } from '#domain/project.ts'
import { url, withBasePath } from '#lib/base-path.ts'
import { AppError } from '#lib/errors.ts'
import { hasUsers } from '#store/accounts.ts'
import { findMonitorForUser } from '#store/monitors.ts'
import { findOwnProject, listProjectsOfUser } from '#store/projects.ts'
import { noticeText } from '#views/notices.ts'
import type { createGuides } from '#views/pages/docs/guide.tsx'
import type { Warning } from '#words/warnings.ts'
import { cookieOf } from './cookies.ts'
import type { Devices } from './devices.ts'
import { type Form, readForm } from './forms.ts'
import type { Live } from './live.tsx'
import type { MessageLimits } from './message-limits.ts'
import { clearNotice, NOTICE, redirect, wantsPartial, withCookies } from './respond.tsx'
import type { Sessions } from './sessions.ts'
import { askedPath, splitUrl } from './url.ts'

export interface WebDeps {
  deps: Deps
  sessions: Sessions
  devices: Devices
  messageLimits: MessageLimits
  live: Live
  /** The sections of the documentation of channels, by their anchors. */
  channelGuides: ReturnType<typeof createGuides>
}

/** A request of a visitor, signed in or not. */
export interface PageRequest {
  request: Request
  params: Record<string, string>
  query: URLSearchParams
  now: number
  /** The version of the data at the time of the request. An open page sends it back to get later changes. */
  version: number
  /** The submitted form. It is read to its end before access is checked. */
  form: Form
  /** The message about the last form, to show on this page. */
  notice: string | null
}

export interface SignedInRequest extends PageRequest {
  user: User
  session: { id: string; projectId: string | null }
  /** The projects that the user belongs to, oldest first. */
  projects: OwnProject[]
  /** The project of the request, or the one the user viewed last; null if they have no project. */
  project: OwnProject | null
  /** Reads the warnings about a project and, for an administrator, about the server. */
  warnings(project: OwnProject | null): Warning[]
}

export interface ProjectRequest extends SignedInRequest {
  project: OwnProject
}

export interface MonitorRequest extends ProjectRequest {
  monitor: Monitor
}

interface RouteContext {
  request: Request
  params: Record<string, string>
}

type Answer = Response | Promise<Response>

/** For anyone. Redirects to the setup until the first account exists. */
export function anyone(web: WebDeps, answer: (context: PageRequest) => Answer) {
  return webRoute(web, async (context) => {
    if (!hasUsers(web.deps.db)) return redirect(url('/setup'))
    return withNotice(await ofOneMoment(web, context, () => answer(context)), context.request)
  })
}

/** For anyone, until the first account exists. A form that is submitted later gets an error from its action. */
export function beforeSetup(web: WebDeps, answer: (context: PageRequest) => Answer) {
  return webRoute(web, async (context) => {
    const isOver = context.request.method === 'GET' && hasUsers(web.deps.db)
    return isOver ? redirect(url('/login')) : await answer(context)
  })
}

/** For signed-in users. Others are redirected to the sign-in, and back afterwards. */
export function signedIn(web: WebDeps, answer: (context: SignedInRequest) => Answer) {
  return webRoute(web, async (context) => {
    const { deps, sessions, devices } = web
    const { request } = context
    const found = await sessions.find(request)
    if (found === null) return redirectToLogin(deps, request)
    const { user, session, cookie } = found
    const response = await ofOneMoment(web, context, () => {
      const projects = listProjectsOfUser(deps.db, user.id)
      const project = projects.find(({ id }) => id === session.projectId) ?? projects[0] ?? null
      const projectIds = projects.map(({ id }) => id)
      const warnings = (shown: OwnProject | null): Warning[] => [
        ...(user.isAdmin ? readWarnings(deps, projectIds) : []),
        ...(shown === null ? [] : readProjectWarnings(deps, shown.id)),
      ]
      return answer({ ...context, user, session, projects, project, warnings })
    })
    // Sessions from before browsers were recognized get the cookie that identifies the browser.
    const isNews = cookie !== null && devices.find(request, user.id) === null
    return withCookies(withNotice(response, request), [cookie, isNews ? devices.cookie(request, user.id) : null])
  })
}

/** For administrators. Others get a 404, so that they don't learn what exists. */
export function asAdmin(web: WebDeps, answer: (context: SignedInRequest) => Answer) {
  return signedIn(web, (context) => {
    if (!context.user.isAdmin) throw new AppError('not_found', "Not found, or you don't have access.")
    return answer(context)
  })
}

/** For members of the project `:project` whose role allows it. Non-members don't learn whether it exists. */
export function inProject(web: WebDeps, permission: Permission, answer: (context: ProjectRequest) => Answer) {
  return signedIn(web, (context) => {
    const project = findOwnProject(web.deps.db, { projectId: context.params.project ?? '', userId: context.user.id })
    if (project === null) throw new AppError('not_found', "Project not found, or you don't have access.")
    requirePermission(project, permission)
    return answer({ ...context, project })
  })
}

/** For members of the project of the monitor `:monitor`, which is its unique key. */
export function onMonitor(web: WebDeps, permission: Permission, answer: (context: MonitorRequest) => Answer) {
  return signedIn(web, (context) => {
    const uniqueKey = context.params.monitor ?? ''
    const monitor = findMonitorForUser(web.deps.db, { uniqueKey, userId: context.user.id })
    if (monitor === null) throw new AppError('not_found', "Monitor not found, or you don't have access.")
    const project = projectOf(web, { context, projectId: monitor.projectId, permission })
    return answer({ ...context, project, monitor })
  })
}

/** The project, if the user is a member with this permission. Throws `not_found` or `forbidden`. */
export function projectOf(
  { deps }: WebDeps,
  { context, projectId, permission }: { context: SignedInRequest; projectId: string; permission: Permission },
): OwnProject {
  const project = findOwnProject(deps.db, { projectId, userId: context.user.id })
  if (project === null) throw new AppError('not_found', "Not found, or you don't have access.")
  requirePermission(project, permission)
  return project
}

function requirePermission(project: OwnProject, permission: Permission): void {
  if (may(project.role, permission)) return
  throw new AppError('forbidden', `Your role in "${project.name}" (${project.role}) doesn't allow this.`)
}

// A page can be requested again after the sign-in. A submitted form or a part of a page can't.
function redirectToLogin({ db }: Deps, request: Request): Response {
  if (!hasUsers(db)) return redirect(url('/setup'))
  if (request.method !== 'GET' || wantsPartial(request)) {
    throw new AppError('unauthorized', 'You are signed out. Sign in and try again.')
  }
  const asked = askedPath(request.url)
  return redirect(url(asked === '/' ? '/login' : `/login?next=${encodeURIComponent(asked)}`))
}

/**
 * The answer to a GET shows one moment, even if another process commits between two reads. This ends at the first
 * `await` of the answer, because a transaction must not wait. Before that, the answer can't write.
 */
function ofOneMoment({ deps: { db } }: WebDeps, { request }: PageRequest, answer: () => Answer): Answer {
  return request.method === 'POST' ? answer() : db.read(answer)
}

/** Runs `answer` with the base path that `url` uses. */
function webRoute(web: WebDeps, answer: (context: PageRequest) => Answer) {
  return (route: RouteContext): Promise<Response> =>
    withBasePath(web.deps.config.basePath, async () => answer(await pageRequestOf(web, route)))
}

async function pageRequestOf({ deps, live }: WebDeps, { request, params }: RouteContext): Promise<PageRequest> {
  const form = await readForm(request)
  const notice = noticeText(cookieOf(request, NOTICE))
  const { query } = splitUrl(request.url)
  return { request, params, query, now: deps.clock.now(), version: live.version(), form, notice }
}

// A notice is shown once, on the first full page.
function withNotice(response: Response, request: Request): Response {
  const isShown = cookieOf(request, NOTICE) !== null && response.status !== 303 && !wantsPartial(request)
  return isShown ? clearNotice(response) : response
}
