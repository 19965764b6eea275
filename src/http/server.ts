// Assembles the server from all route files, in order.
import { type AnyElysia, Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import type { PartHealth } from '#domain/health.ts'
import { localAddress } from '#lib/host.ts'
import { createGuides } from '#views/pages/docs/guide.tsx'
import { docValues } from '#views/pages/docs/values.ts'
import { withAccessLog } from './access-log.ts'
import { apiRoutes } from './api/index.ts'
import { openApiRoutes } from './api/openapi.ts'
import { operationsOf } from './api/operations.ts'
import { assetRoutes } from './assets.ts'
import { badgeRoutes } from './badges/routes.ts'
import { belowBasePath, refuseTakenPath } from './base-path.ts'
import { answerWithBody } from './body.ts'
import { createDevices } from './devices.ts'
import { answerError } from './errors.tsx'
import type { WebDeps } from './guards.ts'
import { healthRoutes } from './health.ts'
import type { Live } from './live.tsx'
import { createMessageLimits } from './message-limits.ts'
import { createMethodFinder } from './methods.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { createPeerFinder, rememberPeer } from './peer.ts'
import { pingDialectRoutes } from './pings/index.ts'
import { createShowPath } from './place.ts'
import { createErrorFormFinder, type Route } from './routes.ts'
import { createSessions } from './sessions.ts'
import { askedPath, pathStart, withPath } from './url.ts'
import { channelDraftRoutes } from './web/channel-drafts.tsx'
import { channelOperationRoutes } from './web/channel-operations.tsx'
import { channelPageRoutes } from './web/channels.tsx'
import { dashboardRoutes } from './web/dashboard.tsx'
import { docsRoutes } from './web/docs.tsx'
import { incidentRoutes } from './web/incidents.tsx'
import { instanceRoutes } from './web/instance.tsx'
import { mailServerRoutes } from './web/mail-server.tsx'
import { mailedLinkRoutes } from './web/mailed-links.tsx'
import { maintenanceRoutes } from './web/maintenance.tsx'
import { monitorRoutes } from './web/monitor.tsx'
import { monitorFormRoutes } from './web/monitor-form.tsx'
import { monitorPartRoutes } from './web/monitor-parts.tsx'
import { pingRoutes } from './web/ping.tsx'
import { projectRoutes } from './web/projects.tsx'
import { registrationRoutes } from './web/registration.tsx'
import { settingsRoutes } from './web/settings.tsx'
import { signInRoutes } from './web/sign-in.tsx'
import { signedLinkRoutes } from './web/signed-links.tsx'
import { snoozeRoutes } from './web/snoozes.tsx'
import { webAppRoutes } from './web-app.ts'

/** Handles a request. The peer is its address, `UNIX_SOCKET`, or null if the connection is already closed. */
export type RequestHandler = (request: Request, peerAddress: string | null) => Response | Promise<Response>

export function createRequestHandler(deps: Deps, readHealth: () => PartHealth[], live: Live): RequestHandler {
  const { baseUrl, basePath, logLevel } = deps.config
  const app = createRoutes(deps, readHealth, live).compile()
  refuseTakenPath(basePath, app.routes)
  const answerRequest = (request: Request) => app.fetch(request)
  const showPath = createShowPath(() => app.routes)
  const answer = logLevel === 'debug' ? withAccessLog(deps, answerRequest, showPath) : answerRequest
  const findPeer = createPeerFinder(deps)
  const handler: RequestHandler = (request, peerAddress) => {
    // Bun joins repeated headers with a comma.
    if (request.headers.get('host')?.includes(',')) return new Response('Two Host headers', { status: 400 })
    const routable = withLongHost(request)
    rememberPeer(routable, findPeer(routable, peerAddress))
    return answerWithBody(routable, answer)
  }
  const rooted = basePath === '' ? handler : belowBasePath(handler, basePath)
  return baseUrl.startsWith('https:') ? withHsts(rooted) : rooted
}

export function createRoutes(deps: Deps, readHealth: () => PartHealth[], live: Live) {
  const messageLimits = createMessageLimits()
  const { config } = deps
  const values = docValues({ baseUrl: config.baseUrl, upstream: localAddress(config) })
  const web: WebDeps = {
    deps,
    sessions: createSessions(deps),
    devices: createDevices(deps),
    messageLimits,
    live,
    channelGuides: createGuides('channels', values),
  }
  const api = apiRoutes(deps, messageLimits)
  const operations = operationsOf(api.routes)
  const readRoutes = (): readonly Route[] => routes.routes
  const showPath = createShowPath(readRoutes)
  const findMethods = createMethodFinder(readRoutes)
  const findErrorForm = createErrorFormFinder(readRoutes)
  // Without a list, the type of the server would contain the types of all routes, which no one needs.
  const parts: AnyElysia[] = [
    pingDialectRoutes(deps),
    api,
    openApiRoutes(deps, operations),
    healthRoutes(web, readHealth),
    metricsRoutes(deps, readHealth),
    badgeRoutes(deps),
    assetRoutes(),
    webAppRoutes(deps),
    dashboardRoutes(web),
    monitorRoutes(web),
    monitorPartRoutes(web),
    monitorFormRoutes(web),
    pingRoutes(web),
    channelDraftRoutes(web),
    channelPageRoutes(web),
    channelOperationRoutes(web),
    incidentRoutes(web),
    snoozeRoutes(web),
    maintenanceRoutes(web),
    docsRoutes(web),
    signInRoutes(web),
    registrationRoutes(web),
    mailedLinkRoutes(web),
    signedLinkRoutes(deps),
    projectRoutes(web),
    settingsRoutes(web),
    instanceRoutes(web),
    mailServerRoutes(web),
  ]
  const server: AnyElysia = new Elysia({ name: 'cronguard' })
    // Must come first to apply to all routes. Without it, errors would reveal internal details.
    .onError(({ error, request, route }) =>
      answerError(deps, { error, request, route, showPath, findMethods, findErrorForm }),
    )
  const routes = parts.reduce((whole, part) => whole.use(part), server)
  return routes
}

/** Makes browsers that have used https once use it always. */
function withHsts(handler: RequestHandler): RequestHandler {
  return async (request, peerAddress) => {
    const response = await handler(request, peerAddress)
    response.headers.set('Strict-Transport-Security', 'max-age=31536000')
    return response
  }
}

/** Elysia searches for the path from here, so it misses the path after a short host such as `nas`, or without one. */
const PATH_SEARCH_START = 11

function withLongHost(request: Request): Request {
  return pathStart(request.url) >= PATH_SEARCH_START ? request : withPath(request, askedPath(request.url))
}
