// The table of contents: every route file, in order.
import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import type { PartHealth } from '#domain/health.ts'
import { apiRoutes } from './api/index.ts'
import { openApiRoutes } from './api/openapi.ts'
import { operationsOf } from './api/operations.ts'
import { assetRoutes } from './assets.ts'
import { badgeRoutes } from './badges/routes.ts'
import { answerError } from './errors.tsx'
import type { House } from './guards.ts'
import { healthRoutes } from './health.ts'
import type { Live } from './live.tsx'
import { metricsRoutes } from './metrics/routes.ts'
import { refuseForeignForm } from './origin.ts'
import { createPeerFinder, rememberPeer } from './peer.ts'
import { pingDialectRoutes } from './pings/index.ts'
import { createSessions } from './sessions.ts'
import { pathStart } from './url.ts'
import { channelPageRoutes } from './web/channels.tsx'
import { dashboardRoutes } from './web/dashboard.tsx'
import { docsRoutes } from './web/docs.tsx'
import { incidentRoutes } from './web/incidents.tsx'
import { instanceRoutes } from './web/instance.tsx'
import { mailedLinkRoutes } from './web/mailed-links.tsx'
import { monitorRoutes } from './web/monitor.tsx'
import { monitorFormRoutes } from './web/monitor-form.tsx'
import { monitorPartRoutes } from './web/monitor-parts.tsx'
import { pingRoutes } from './web/ping.tsx'
import { projectRoutes } from './web/projects.tsx'
import { registrationRoutes } from './web/registration.tsx'
import { settingsRoutes } from './web/settings.tsx'
import { signInRoutes } from './web/sign-in.tsx'

/** The front door: a request and the address it comes from. */
export type Front = (request: Request, peerAddress: string | null) => Response | Promise<Response>

export function createFront(deps: Deps, readHealth: () => PartHealth[], live: Live): Front {
  const app = createRoutes(deps, readHealth, live).compile()
  const findPeer = createPeerFinder(deps)
  const front: Front = (request, peerAddress) => {
    const routable = withLongHost(request)
    rememberPeer(routable, findPeer(routable, peerAddress))
    return app.fetch(routable)
  }
  return deps.config.baseUrl.startsWith('https:') ? onlySecurely(front) : front
}

/** Every route there is. */
export function createRoutes(deps: Deps, readHealth: () => PartHealth[], live: Live) {
  const house: House = { deps, sessions: createSessions(deps), live }
  const api = apiRoutes(deps)
  const operations = operationsOf(api.routes)
  return (
    new Elysia({ name: 'cronguard' })
      // First, so that it holds for all that follows; without it an error would tell strangers what went wrong inside.
      .onError(({ error, request }) => answerError(deps, { error, request }))
      .onRequest(({ request }) => refuseForeignForm(deps, request))
      .use(pingDialectRoutes(deps))
      .use(api)
      .use(openApiRoutes(deps, operations))
      .use(healthRoutes(house, readHealth))
      .use(metricsRoutes(deps, readHealth))
      .use(badgeRoutes(deps))
      .use(assetRoutes())
      .use(dashboardRoutes(house))
      .use(monitorRoutes(house))
      .use(monitorPartRoutes(house))
      .use(monitorFormRoutes(house))
      .use(pingRoutes(house))
      .use(channelPageRoutes(house))
      .use(incidentRoutes(house))
      .use(docsRoutes(house, operations))
      .use(signInRoutes(house))
      .use(registrationRoutes(house))
      .use(mailedLinkRoutes(house))
      .use(projectRoutes(house))
      .use(settingsRoutes(house))
      .use(instanceRoutes(house))
  )
}

/** Browsers that came over https once never come without it again. */
function onlySecurely(front: Front): Front {
  return async (request, peerAddress) => {
    const response = await front(request, peerAddress)
    response.headers.set('Strict-Transport-Security', 'max-age=31536000')
    return response
  }
}

/** Elysia looks for the path from here on, and misses it behind a host like `nas`, or behind none. */
const PATH_SEARCH_START = 11

function withLongHost(request: Request): Request {
  const start = pathStart(request.url)
  if (start >= PATH_SEARCH_START) return request
  return new Request(`http://short-host.localhost${request.url.slice(start)}`, request)
}

/** A longer one is refused with 413 before anybody reads it. */
const REQUEST_BODY_MAX = 16 * 1024 * 1024

export interface Listener {
  /** No new connections; what is under way may end, for as long as `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** Throws with code EADDRINUSE when somebody else listens there: the port is never shared with another process. */
export function listen({ config, log }: Pick<Deps, 'config' | 'log'>, front: Front): Listener {
  const server = Bun.serve({
    hostname: config.host,
    port: config.port,
    reusePort: false,
    development: false,
    maxRequestBodySize: REQUEST_BODY_MAX,
    fetch: (request, self) => front(request, self.requestIP(request)?.address ?? null),
    error: (error) => {
      log.error('A request could not even be refused', { error })
      return new Response('Something went wrong that should not.', { status: 500 })
    },
  })
  return {
    stop: async (graceMs) => {
      const ended = server.stop()
      await Promise.race([ended, Bun.sleep(graceMs)])
      await server.stop(true)
    },
  }
}
