// The history of a monitor, read backwards: what it is now holds since its newest transition, and so on.
import type { Transition } from './lifecycle.ts'
import type { StoredStatus } from './status.ts'

/** From `from` until before `to`, in milliseconds since 1970. */
export interface Period {
  from: number
  to: number
}

export interface PeriodUptime extends Period {
  /** How much of the period lies between the monitor's creation and now. */
  observedMs: number
  downMs: number
  /** A downtime that reaches over the end of a period counts in both. */
  downCount: number
  /** 0 to 1; null when nothing was observed. */
  ratio: number | null
}

export interface History {
  /** Newest first; may end with the oldest one after the first period begins. */
  transitions: readonly Pick<Transition, 'from' | 'at'>[]
  /** As stored, now. */
  status: StoredStatus
  createdAt: number
  now: number
}

/** What became of each period; they come in the order in which they begin. */
export function uptimeOf({ periods, ...history }: History & { periods: readonly Period[] }): PeriodUptime[] {
  const downtimes = downtimesOf(history)
  let next = 0
  return periods.map((period) => {
    while (hasEndedBefore(downtimes[next], period)) next++
    return observe(period, history, overlapping(downtimes, next, period))
  })
}

/** The share of time that was no downtime, over all that was observed; null when nothing was. */
export function overallRatio(periods: readonly Pick<PeriodUptime, 'observedMs' | 'downMs'>[]): number | null {
  const observedMs = periods.reduce((sum, period) => sum + period.observedMs, 0)
  const downMs = periods.reduce((sum, period) => sum + period.downMs, 0)
  return ratioOf(observedMs, downMs)
}

/** "99.98 %", cut and not rounded: "100 %" says that there was no downtime at all. */
export function percentInWords(ratio: number | null): string {
  if (ratio === null) return 'no data'
  if (ratio === 0 || ratio === 1) return `${ratio * 100} %`
  // 0.57 * 10000 comes out just below 5700; what is added is less than a millisecond makes in a century.
  return `${(Math.floor(ratio * 10_000 + 1e-9) / 100).toFixed(2)} %`
}

// Oldest first.
function downtimesOf({ transitions, status, createdAt, now }: History): Period[] {
  const downtimes: Period[] = []
  let held = { status, until: now }
  for (const { from, at } of transitions) {
    if (held.status === 'down') downtimes.push({ from: at, to: held.until })
    held = { status: from, until: at }
  }
  if (held.status === 'down') downtimes.push({ from: createdAt, to: held.until })
  return downtimes.reverse()
}

// A downtime can end in the millisecond in which it began, and is one all the same.
function hasEndedBefore(downtime: Period | undefined, { from }: Period): boolean {
  if (downtime === undefined) return false
  return downtime.to < from || (downtime.to === from && downtime.from < from)
}

function overlapping(downtimes: readonly Period[], first: number, { to }: Period): Period[] {
  let end = first
  while ((downtimes[end]?.from ?? to) < to) end++
  return downtimes.slice(first, end)
}

function observe(period: Period, { createdAt, now }: History, downtimes: readonly Period[]): PeriodUptime {
  const observed = { from: Math.max(period.from, createdAt), to: Math.min(period.to, now) }
  const observedMs = lengthMs(observed)
  const downMs = downtimes.reduce((sum, downtime) => sum + overlapMs(downtime, observed), 0)
  return {
    from: period.from,
    to: period.to,
    observedMs,
    downMs,
    downCount: downtimes.length,
    ratio: ratioOf(observedMs, downMs),
  }
}

function overlapMs(a: Period, b: Period): number {
  return lengthMs({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) })
}

function lengthMs({ from, to }: Period): number {
  return Math.max(0, to - from)
}

function ratioOf(observedMs: number, downMs: number): number | null {
  return observedMs === 0 ? null : (observedMs - downMs) / observedMs
}
