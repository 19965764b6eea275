// The cron check-ins of Sentry, independent of how they are sent.
import type { PingAddress, PingInput } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { KeptBody } from '#domain/body.ts'
import type { OpenRun } from '#domain/monitor.ts'
import { endsRun, type PingSignal, type RunId } from '#domain/ping.ts'
import { listPingKeysBySlug } from '#store/monitors.ts'
import type { Json } from './reading.ts'
import { isObject, originOf, type Refusal, recordOrRefuse, runIdOf, secondsOf } from './report.ts'

export interface CheckIn {
  signal: PingSignal
  /** Empty for the newest run. */
  checkInId: string
  measuredMs: number | null
}

/** Sentry accepts any status. An unknown one is only logged. */
export const UNKNOWN: CheckIn = { signal: 'log', checkInId: '', measuredMs: null }

const SENTRY_SLUG_MAX = 50

const SIGNALS = new Map<Json, PingSignal>([
  ['ok', 'success'],
  ['error', 'fail'],
  ['in_progress', 'start'],
])

/** Null for a check-in without a status. */
export function readCheckIn(sent: Json): CheckIn | null {
  if (!isObject(sent)) return UNKNOWN
  const { status = null, check_in_id: checkInId, duration } = sent
  if (status === null || status === '') return null
  return {
    signal: SIGNALS.get(status) ?? 'log',
    checkInId: typeof checkInId === 'string' ? checkInId : '',
    measuredMs: secondsOf(duration),
  }
}

export interface ReceivedCheckIn {
  request: Request
  projectPingKey: string
  slug: string
  checkIn: CheckIn
  /** Includes `monitor_config`. It is stored for people to read, but a job can't change its monitor. */
  kept: KeptBody
}

/** Null once the check-in is recorded. */
export function recordCheckIn(deps: Deps, received: ReceivedCheckIn): Promise<Refusal | null> {
  const { request, projectPingKey, slug, checkIn, kept } = received
  return recordOrRefuse(deps, {
    address: addressOf(deps, { projectPingKey, slug }),
    signal: checkIn.signal,
    exitStatus: null,
    runId: runIdFor(checkIn),
    measuredMs: checkIn.measuredMs,
    origin: originOf(request),
    ...kept,
  })
}

// An ID of zeros means the newest run, like a missing ID. A check-in that starts a run always means a new run.
function runIdFor({ signal, checkInId }: CheckIn): PingInput['runId'] {
  if (!/^[0-]*$/.test(checkInId)) return runIdOf(checkInId)
  return endsRun(signal) ? newestRun : null
}

function newestRun(openRuns: readonly OpenRun[]): RunId | null {
  return openRuns.at(-1)?.runId ?? null
}

// Sentry cuts its monitors' slugs to 50 characters. An unknown slug is cut in the same way to find such a monitor.
export function addressOf(
  { db }: Deps,
  { projectPingKey, slug }: { projectPingKey: string; slug: string },
): PingAddress {
  const isKnown = listPingKeysBySlug(db, { projectPingKey, slug }).length > 0
  return { projectPingKey, slug: isKnown ? slug : slug.slice(0, SENTRY_SLUG_MAX), mayCreate: false }
}
