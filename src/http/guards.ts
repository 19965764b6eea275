// Who may come in: each route names what it needs, and its handler runs only for somebody who may.
import { readWarnings } from '#actions/warnings.ts'
import type { Deps } from '#deps.ts'
import type { User } from '#domain/account.ts'
import type { Monitor } from '#domain/monitor.ts'
import { may, type OwnProject, type Permission } from '#domain/project.ts'
import type { Warning } from '#domain/warnings.ts'
import { AppError } from '#lib/errors.ts'
import { hasUsers } from '#store/accounts.ts'
import { findMonitorForUser } from '#store/monitors.ts'
import { findOwnProject, listProjectsOfUser } from '#store/projects.ts'
import { noticeText } from '#views/notices.ts'
import { cookieOf } from './cookies.ts'
import type { Devices } from './devices.ts'
import { type Form, readForm } from './forms.ts'
import type { Live } from './live.tsx'
import type { MessageLimits } from './message-limits.ts'
import { NOTICE, redirect, wantsPartial, withCookies, withoutNotice } from './respond.tsx'
import type { Sessions } from './sessions.ts'
import { askedPath, splitUrl } from './url.ts'

/** What a guard needs to know of this CronGuard. */
export interface House {
  deps: Deps
  sessions: Sessions
  devices: Devices
  messageLimits: MessageLimits
  live: Live
}

/** One request of somebody, known or not. */
export interface Visit {
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

export interface SignedInVisit extends Visit {
  user: User
  session: { id: string; projectId: string | null }
  /** The projects that the user belongs to, oldest first. */
  projects: OwnProject[]
  /** What the request is about, or what the user looked at last; null when they belong to no project. */
  project: OwnProject | null
  /** What the user should know of CronGuard itself: nothing, unless it is theirs. Looked up when it is asked for. */
  warnings(): Warning[]
}

export interface ProjectVisit extends SignedInVisit {
  project: OwnProject
}

export interface MonitorVisit extends ProjectVisit {
  monitor: Monitor
}

interface Context {
  request: Request
  params: Record<string, string>
}

type Answer = Response | Promise<Response>

/** For everybody. While nobody has an account, only the way to the first one is open. */
export function anybody(house: House, answer: (visit: Visit) => Answer) {
  return async ({ request, params }: Context): Promise<Response> => {
    const visit = await visitOf(house, { request, params })
    if (!hasUsers(house.deps.db)) return redirect('/setup')
    return withNotice(await answer(visit), request)
  }
}

/** For everybody, as long as nobody has an account; a form that comes too late is told so. */
export function untilSetUp(house: House, answer: (visit: Visit) => Answer) {
  return async ({ request, params }: Context): Promise<Response> => {
    const visit = await visitOf(house, { request, params })
    const isOver = request.method === 'GET' && hasUsers(house.deps.db)
    return isOver ? redirect('/login') : await answer(visit)
  }
}

/** For a signed-in user; a stranger is led to the sign-in, and back afterwards. */
export function signedIn(house: House, answer: (visit: SignedInVisit) => Answer) {
  return async ({ request, params }: Context): Promise<Response> => {
    const { deps, sessions, devices } = house
    const visit = await visitOf(house, { request, params })
    const found = await sessions.find(request)
    if (found === null) return turnAway(deps, request)
    const { user, session, cookie } = found
    const projects = listProjectsOfUser(deps.db, user.id)
    const project = projects.find(({ id }) => id === session.projectId) ?? projects[0] ?? null
    const projectIds = projects.map(({ id }) => id)
    const warnings = (): Warning[] => (user.isAdmin ? readWarnings(deps, projectIds) : [])
    const response = await answer({ ...visit, user, session, projects, project, warnings })
    // Who signed in before browsers were remembered is known from now on.
    const isNews = cookie !== null && devices.find(request, user.id) === null
    return withCookies(withNotice(response, request), [cookie, isNews ? devices.cookie(request, user.id) : null])
  }
}

/** For whoever runs this CronGuard. Others do not learn what is there. */
export function administering(house: House, answer: (visit: SignedInVisit) => Answer) {
  return signedIn(house, (visit) => {
    if (!visit.user.isAdmin) throw new AppError('not_found', 'There is nothing at this address, or it is not yours.')
    return answer(visit)
  })
}

/** For a member of the project that `:project` names whose role allows it. Others do not learn that it exists. */
export function inProject(house: House, permission: Permission, answer: (visit: ProjectVisit) => Answer) {
  return signedIn(house, (visit) => {
    const project = findOwnProject(house.deps.db, { projectId: visit.params.project ?? '', userId: visit.user.id })
    if (project === null) throw new AppError('not_found', 'There is no such project, or you do not belong to it.')
    requirePermission(project, permission)
    return answer({ ...visit, project })
  })
}

/** For a member of the project whose monitor `:monitor` names, by its unique key. */
export function onMonitor(house: House, permission: Permission, answer: (visit: MonitorVisit) => Answer) {
  return signedIn(house, (visit) => {
    const uniqueKey = visit.params.monitor ?? ''
    const monitor = findMonitorForUser(house.deps.db, { uniqueKey, userId: visit.user.id })
    if (monitor === null)
      throw new AppError('not_found', 'There is no such monitor, or you do not belong to its project.')
    const project = projectOf(house, { visit, projectId: monitor.projectId, permission })
    return answer({ ...visit, project, monitor })
  })
}

/** The project of something that was found, if the user belongs to it and may. Throws not_found, forbidden. */
export function projectOf(
  { deps }: House,
  { visit, projectId, permission }: { visit: SignedInVisit; projectId: string; permission: Permission },
): OwnProject {
  const project = findOwnProject(deps.db, { projectId, userId: visit.user.id })
  if (project === null) throw new AppError('not_found', 'There is nothing at this address, or it is not yours to see.')
  requirePermission(project, permission)
  return project
}

function requirePermission(project: OwnProject, permission: Permission): void {
  if (may(project.role, permission)) return
  throw new AppError('forbidden', `Your role in "${project.name}" is ${project.role}, and that does not allow this.`)
}

// A page can be asked for again after the sign-in; a form that was sent, or a part of a page, cannot.
function turnAway({ db }: Deps, request: Request): Response {
  if (!hasUsers(db)) return redirect('/setup')
  if (request.method !== 'GET' || wantsPartial(request)) {
    throw new AppError('unauthorized', 'You are not signed in any more. Sign in, and try again.')
  }
  const asked = askedPath(request.url)
  return redirect(asked === '/' ? '/login' : `/login?next=${encodeURIComponent(asked)}`)
}

async function visitOf({ deps, live }: House, { request, params }: Context): Promise<Visit> {
  const form = await readForm(request)
  const notice = noticeText(cookieOf(request, NOTICE))
  const { query } = splitUrl(request.url)
  return { request, params, query, now: deps.clock.now(), version: live.version(), form, notice }
}

// A notice is said once, on the first whole page.
function withNotice(response: Response, request: Request): Response {
  const isShown = cookieOf(request, NOTICE) !== null && response.status !== 303 && !wantsPartial(request)
  return isShown ? withoutNotice(response) : response
}
