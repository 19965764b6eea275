// Converts monitors, pings and channels to the names and the key order of Healthchecks.
import type { Channel } from '#domain/channel.ts'
import { overdueRun, type Transition } from '#domain/lifecycle.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { PingKind, RecordedPing } from '#domain/ping.ts'
import { type ShownStatus, shownStatus } from '#domain/status.ts'
import { MINUTE } from '#lib/duration.ts'
import type { DeliveryRecord } from '#store/deliveries.ts'
import { shownSettings } from './check-settings.ts'
import type { ApiCall, ApiVersion } from './endpoint.ts'
import { seconds, time, timeOrNull } from './times.ts'

export interface CheckView {
  monitor: Monitor
  channelIds: string[]
  now: number
  baseUrl: string
}

const STATUS_WORDS: Record<ShownStatus, string> = {
  new: 'new',
  up: 'up',
  late: 'grace',
  down: 'down',
  paused: 'paused',
}

const PING_TYPES: Record<PingKind, string> = {
  success: 'success',
  start: 'start',
  fail: 'fail',
  log: 'log',
  ignored: 'ign',
}

/** A check for a response. Read-only API keys don't get the ping key. */
export function toCheck(view: CheckView, { version, access }: Pick<ApiCall, 'version' | 'access'>) {
  const { monitor, baseUrl } = view
  const { alias, ...settings } = shownSettings(monitor)
  return {
    ...settings,
    n_pings: monitor.pingCount,
    status: statusWord(view, version),
    started: monitor.openRuns.length > 0,
    last_ping: timeOrNull(monitor.lastPingAt),
    next_ping: timeOrNull(nextPingAt(monitor)),
    subject: monitor.filter.subject ? monitor.filter.successKeywords : '',
    subject_fail: monitor.filter.subject ? monitor.filter.failureKeywords : '',
    badge_url: `${baseUrl}/b/2/${monitor.badgeKey}.svg`,
    ...(access === 'read-only' ? { unique_key: monitor.uniqueKey } : { ...addresses(view, version), alias }),
    ...(isSubminute(monitor) ? { subminute: true } : {}),
    ...lastDuration(monitor),
  }
}

export function toPing(
  ping: RecordedPing,
  { monitor, baseUrl, version }: { monitor: Monitor; baseUrl: string; version: ApiVersion },
) {
  const hasBody = ping.bodySize > 0
  return {
    type: PING_TYPES[ping.kind],
    date: `${new Date(ping.at).toISOString().slice(0, -1)}000+00:00`,
    n: ping.number,
    scheme: ping.scheme,
    remote_addr: ping.remoteAddress,
    method: ping.method,
    ua: ping.userAgent,
    rid: ping.runId,
    body_url: hasBody ? `${baseUrl}/api/v${version}/checks/${monitor.pingKey}/pings/${ping.number}/body` : null,
    ...(ping.durationMs === null ? {} : { duration: Math.round(ping.durationMs / 10) / 100 }),
  }
}

export function toFlip({ at, to }: Transition) {
  return { timestamp: time(at), up: to === 'up' ? 1 : 0 }
}

export function toChannel({ id, name, kind }: Channel) {
  return { id, name, kind }
}

export function toDelivery(delivery: DeliveryRecord) {
  const attempt = delivery.lastAttempt
  return {
    id: delivery.id,
    channel: delivery.channelId,
    channel_name: delivery.channelName,
    kind: delivery.channelKind,
    status: delivery.status,
    state: delivery.state,
    attempts: delivery.attempts,
    last_outcome: attempt && {
      result: attempt.result,
      reason: attempt.reason,
      detail: attempt.detail,
      at: time(attempt.finishedAt),
    },
    created: time(delivery.createdAt),
    next_attempt: timeOrNull(delivery.nextAttemptAt),
    settled: timeOrNull(delivery.settledAt),
  }
}

// Version 1 calls a running check "started" unless it is down because the run took too long.
function statusWord({ monitor, now }: CheckView, version: ApiVersion): string {
  const status = shownStatus(monitor, now)
  const isRunning = monitor.openRuns.length > 0 && overdueRun(monitor, now) === undefined
  return version === 1 && isRunning ? 'started' : STATUS_WORDS[status]
}

// A running check shows its start time. A check that is down has no next ping.
function nextPingAt({ status, dueAt, openRuns: [run] }: Monitor): number | null {
  if (status === 'down') return null
  if (dueAt === null || run === undefined) return dueAt ?? run?.startedAt ?? null
  return Math.min(dueAt, run.startedAt)
}

function addresses({ monitor, channelIds, baseUrl }: CheckView, version: ApiVersion) {
  const url = `${baseUrl}/api/v${version}/checks/${monitor.pingKey}`
  return {
    uuid: monitor.pingKey,
    ping_url: `${baseUrl}/ping/${monitor.pingKey}`,
    update_url: url,
    pause_url: `${url}/pause`,
    resume_url: `${url}/resume`,
    channels: channelIds.join(','),
  }
}

// A client that sends back such a check must set `subminute`, so the response contains it.
function isSubminute({ schedule, graceMs, maxRunMs }: Monitor): boolean {
  return Math.min(graceMs, maxRunMs ?? graceMs, schedule.kind === 'period' ? schedule.periodMs : graceMs) < MINUTE
}

// As in Healthchecks, which knows only the newest run, there is no duration while a newer run is open.
function lastDuration({ lastDurationMs, lastPingAt, openRuns }: Monitor) {
  if (lastDurationMs === null || lastPingAt === null) return {}
  const isNewest = !openRuns.some(
    ({ startedAt }) => startedAt >= lastPingAt - lastDurationMs && startedAt <= lastPingAt,
  )
  return isNewest ? { last_duration: seconds(lastDurationMs) } : {}
}
