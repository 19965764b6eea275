// The status and metrics of the server in the format of Healthchecks, for monitoring. No API key is needed.
import type { Deps } from '#deps.ts'
import { openToPages } from '#http/cors.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { SECOND } from '#lib/duration.ts'
import { isSameText } from '#lib/tokens.ts'
import { countOutbox, countRecordedPings, findNewestNotificationId, hasPings } from '#store/counts.ts'
import { API_VERSIONS } from './endpoint.ts'

export function statusRoutes(deps: Deps) {
  const status = openToPages(() => answerStatus(deps))
  const metrics = openToPages((request) => answerMetrics(deps, request))
  const routes = cookielessRoutes('api/status', 'json')
  for (const version of API_VERSIONS) {
    routes.all(`/api/v${version}/status/`, status, UNREAD).all(`/api/v${version}/metrics/`, metrics, UNREAD)
  }
  return routes
}

const UNREAD = { parse: 'none' } as const
const UNCACHED = { 'Cache-Control': 'no-store' }

/** Reads from the database, which throws if it can't be read. */
function answerStatus({ db }: Deps): Response {
  hasPings(db)
  return new Response('OK', { headers: { ...UNCACHED, 'Content-Type': 'text/plain; charset=utf-8' } })
}

/**
 * Each message in the outbox counts as an unprocessed flip, because a notification of a change is still pending. The
 * IDs grow with every ping and notification, and are null before the first one.
 */
function answerMetrics({ db, clock, config }: Deps, request: Request): Response {
  const key = request.headers.get('x-metrics-key')
  if (config.metricsToken === null || key === null || !isSameText(key, config.metricsToken)) {
    return new Response(null, { status: 403 })
  }
  const facts = db.read((reader) => {
    const { pending, sending } = countOutbox(reader)
    return {
      ts: Math.floor(clock.now() / SECOND),
      max_ping_id: countRecordedPings(reader) || null,
      max_notification_id: findNewestNotificationId(reader),
      num_unprocessed_flips: pending + sending,
    }
  })
  return Response.json(facts, { headers: UNCACHED })
}
