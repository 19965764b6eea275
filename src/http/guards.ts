// Who may come in: each route names what it needs, and its handler runs only for somebody who may.
import { readWarnings } from '#actions/warnings.ts'
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
import type { Warning } from '#words/warnings.ts'
import { cookieOf } from './cookies.ts'
import type { Devices } from './devices.ts'
import { type Form, readForm } from './forms.ts'
import type { Live } from './live.tsx'
import type { MessageLimits } from './message-limits.ts'
import { clearNotice, NOTICE, redirect, wantsPartial, withCookies } from './respond.tsx'
import type { Sessions } from './sessions.ts'
import { askedPath, splitUrl } from './url.ts'

/** What a guard needs to know of this CronGuard. */
export interface WebDeps {
  deps: Deps
  sessions: Sessions
  devices: Devices
  messageLimits: MessageLimits
  live: Live
}

/** One request of somebody, known or not. */
export interface PageRequest {
  request: Request
  params: Record<string, string>
  query: URLSearchParams
  now: number
  /** What is known to be changed so far: a page that stays open says it when it asks for more. */
  version: number
  /** What was sent along. It has come whole before anybody looks at who sends it, and what they may. */
  form: Form
  /** What the last form did, to be said on this page. */
  notice: string | null
}

export interface SignedInRequest extends PageRequest {
  user: User
  session: { id: string; projectId: string | null }
  /** The projects that the user belongs to, oldest first. */
  projects: OwnProject[]
  /** What the request is about, or what the user looked at last; null when they belong to no project. */
  project: OwnProject | null
  /** What the user should know of CronGuard itself: nothing, unless it is theirs. Looked up when it is asked for. */
  warnings(): Warning[]
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

/** For everybody. While nobody has an account, only the way to the first one is open. */
export function anybody(web: WebDeps, answer: (context: PageRequest) => Answer) {
  return webRoute(web, async (context) => {
    if (!hasUsers(web.deps.db)) return redirect(url('/setup'))
    return withNotice(await answer(context), context.request)
  })
}

/** For everybody, as long as nobody has an account; a form that comes too late is told so. */
export function untilSetUp(web: WebDeps, answer: (context: PageRequest) => Answer) {
  return webRoute(web, async (context) => {
    const isOver = context.request.method === 'GET' && hasUsers(web.deps.db)
    return isOver ? redirect(url('/login')) : await answer(context)
  })
}

/** For a signed-in user; a stranger is led to the sign-in, and back afterwards. */
export function signedIn(web: WebDeps, answer: (context: SignedInRequest) => Answer) {
  return webRoute(web, async (context) => {
    const { deps, sessions, devices } = web
    const { request } = context
    const found = await sessions.find(request)
    if (found === null) return redirectToLogin(deps, request)
    const { user, session, cookie } = found
    const projects = listProjectsOfUser(deps.db, user.id)
    const project = projects.find(({ id }) => id === session.projectId) ?? projects[0] ?? null
    const projectIds = projects.map(({ id }) => id)
    const warnings = (): Warning[] => (user.isAdmin ? readWarnings(deps, projectIds) : [])
    const response = await answer({ ...context, user, session, projects, project, warnings })
    // Who signed in before browsers were remembered is known from now on.
    const isNews = cookie !== null && devices.find(request, user.id) === null
    return withCookies(withNotice(response, request), [cookie, isNews ? devices.cookie(request, user.id) : null])
  })
}

/** For whoever runs this CronGuard. Others do not learn what is there. */
export function administering(web: WebDeps, answer: (context: SignedInRequest) => Answer) {
  return signedIn(web, (context) => {
    if (!context.user.isAdmin) throw new AppError('not_found', "Not found, or you don't have access.")
    return answer(context)
  })
}

/** For a member of the project that `:project` names whose role allows it. Others do not learn that it exists. */
export function inProject(web: WebDeps, permission: Permission, answer: (context: ProjectRequest) => Answer) {
  return signedIn(web, (context) => {
    const project = findOwnProject(web.deps.db, { projectId: context.params.project ?? '', userId: context.user.id })
    if (project === null) throw new AppError('not_found', "Project not found, or you don't have access.")
    requirePermission(project, permission)
    return answer({ ...context, project })
  })
}

/** For a member of the project whose monitor `:monitor` names, by its unique key. */
export function onMonitor(web: WebDeps, permission: Permission, answer: (context: MonitorRequest) => Answer) {
  return signedIn(web, (context) => {
    const uniqueKey = context.params.monitor ?? ''
    const monitor = findMonitorForUser(web.deps.db, { uniqueKey, userId: context.user.id })
    if (monitor === null) throw new AppError('not_found', "Monitor not found, or you don't have access.")
    const project = projectOf(web, { context, projectId: monitor.projectId, permission })
    return answer({ ...context, project, monitor })
  })
}

/** The project of something that was found, if the user belongs to it and may. Throws not_found, forbidden. */
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
  throw new AppError('forbidden', `Your role in "${project.name}" is ${project.role}, and that does not allow this.`)
}

// A page can be asked for again after the sign-in; a form that was sent, or a part of a page, cannot.
function redirectToLogin({ db }: Deps, request: Request): Response {
  if (!hasUsers(db)) return redirect(url('/setup'))
  if (request.method !== 'GET' || wantsPartial(request)) {
    throw new AppError('unauthorized', 'You are signed out. Sign in and try again.')
  }
  const asked = askedPath(request.url)
  return redirect(url(asked === '/' ? '/login' : `/login?next=${encodeURIComponent(asked)}`))
}

/** Runs `answer` where `url` knows the base path. */
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

// A notice is said once, on the first whole page.
function withNotice(response: Response, request: Request): Response {
  const isShown = cookieOf(request, NOTICE) !== null && response.status !== 303 && !wantsPartial(request)
  return isShown ? clearNotice(response) : response
}
