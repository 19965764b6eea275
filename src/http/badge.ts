import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import { type ShownStatus, shownStatus } from '#domain/status.ts'
import { findMonitorByBadgeKey } from '#store/monitors.ts'

/** Public to whoever has the badge key: the name and the status of one monitor, as a picture or as JSON. */
export function badgeRoutes(deps: Deps) {
  return new Elysia({ name: 'badge' }).get('/badge/:file', ({ params }) => answerBadge(deps, params.file))
}

const FILE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(svg|json)$/

/** Pages anywhere may show a badge, and no cache on the way may keep an old status. */
const HEADERS = {
  'Cache-Control': 'max-age=0, no-cache, no-store, must-revalidate, private',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Content-Security-Policy': "default-src 'none'",
  'X-Content-Type-Options': 'nosniff',
}

/** Dark enough for white letters: 4.5 to 1 at least. */
const COLORS: Record<ShownStatus, string> = {
  new: '#5f6b76',
  up: '#2e7d32',
  late: '#9a5b00',
  down: '#c62828',
  paused: '#4a5fa5',
}

const LABEL_MAX = 60

async function answerBadge(deps: Deps, file: string): Promise<Response> {
  const [, badgeKey, form] = FILE.exec(file) ?? []
  const monitor = badgeKey === undefined ? null : findMonitorByBadgeKey(deps.db, badgeKey)
  if (monitor === null) return answer('There is no such badge.', { type: 'text/plain; charset=utf-8', status: 404 })
  const now = deps.clock.now()
  if (form === 'json') return answer(JSON.stringify(describe(monitor, now)), { type: 'application/json' })
  return answer(await draw(monitor, now), { type: 'image/svg+xml; charset=utf-8' })
}

function answer(body: string, { type, status = 200 }: { type: string; status?: number }): Response {
  return new Response(body, { status, headers: { ...HEADERS, 'Content-Type': type } })
}

function describe(monitor: Monitor, now: number) {
  const status = shownStatus(monitor, now)
  return {
    name: shownName(monitor),
    status,
    last_ping: isoOrNull(monitor.lastPingAt),
    // Nothing is due while it is down, even when the checker has not come by yet.
    due: isoOrNull(status === 'down' ? null : monitor.dueAt),
  }
}

async function draw(monitor: Monitor, now: number): Promise<string> {
  // Loaded with the first badge: its table of letter widths takes 14 MB that most instances never need.
  const { makeBadge } = await import('badge-maker')
  const status = shownStatus(monitor, now)
  return makeBadge({ label: label(shownName(monitor)), message: status, color: COLORS[status] })
}

// What XML cannot hold, and what would turn the direction of the status beside it, is left out.
function label(name: string): string {
  const letters = [...name.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\uFFFE\uFFFF]/gu, '')]
  return letters.length > LABEL_MAX ? `${letters.slice(0, LABEL_MAX - 1).join('')}…` : letters.join('')
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
