// The health of CronGuard for other programs: one word for anyone, details for the administrator.
import { readWarnings } from '#actions/warnings.ts'
import type { Deps } from '#deps.ts'
import { judgeClock } from '#domain/gap.ts'
import { type PartHealth, unhealthyParts } from '#domain/health.ts'
import { withBasePath } from '#lib/base-path.ts'
import { isSameText } from '#lib/tokens.ts'
import { readHeartbeat } from '#store/heartbeat.ts'
import { pendingMigrations } from '#store/migrations.ts'
import { bearerOf } from './bearer.ts'
import type { WebDeps } from './guards.ts'
import { withCookies } from './respond.tsx'
import { cookieRoutes } from './routes.ts'

const NEVER_KEPT = { 'Cache-Control': 'no-store' }

export function healthRoutes(web: WebDeps, readHealth: () => PartHealth[]) {
  return cookieRoutes(web.deps, 'health', 'text')
    .get('/livez', () => new Response('alive\n', { headers: NEVER_KEPT }))
    .get('/readyz', () =>
      isReady(web.deps, readHealth())
        ? new Response('ready\n', { headers: NEVER_KEPT })
        : new Response('not ready\n', { status: 503, headers: NEVER_KEPT }),
    )
    .get('/health', ({ request }) =>
      withBasePath(web.deps.config.basePath, () => showHealth(web, { request, parts: readHealth() })),
    )
}

/** Whether pings are accepted: they are stored, and deadlines are checked. */
function isReady({ db, clock }: Deps, parts: PartHealth[]): boolean {
  if (unhealthyParts(parts).length > 0) return false
  try {
    const lastBeat = readHeartbeat(db)
    const isWritten = lastBeat !== null && judgeClock({ aliveAt: lastBeat.aliveAt, now: clock.now() }) !== 'gap'
    return isWritten && pendingMigrations(db).length === 0
  } catch {
    return false
  }
}

async function showHealth(
  { deps, sessions }: WebDeps,
  { request, parts }: { request: Request; parts: PartHealth[] },
): Promise<Response> {
  const isHealthy = parts.every((part) => part.isHealthy)
  const answer = { status: isHealthy ? 200 : 503, headers: NEVER_KEPT }
  const status = healthWord(isHealthy)
  const visitor = await sessions.find(request)
  const maySeeDetails = visitor?.user.isAdmin || hasToken(deps, request)
  const details = maySeeDetails ? { parts: stateOf(parts), warnings: deps.db.read(() => readWarnings(deps)) } : {}
  return withCookies(Response.json({ status, ...details }, answer), [visitor?.cookie ?? null])
}

function hasToken({ config: { metricsToken } }: Deps, request: Request): boolean {
  const token = bearerOf(request)
  return metricsToken !== null && token !== null && isSameText(token, metricsToken)
}

function stateOf(parts: PartHealth[]): Record<string, string> {
  return Object.fromEntries(parts.map(({ name, isHealthy }) => [name, healthWord(isHealthy)]))
}

function healthWord(isHealthy: boolean): string {
  return isHealthy ? 'ok' : 'failing'
}
