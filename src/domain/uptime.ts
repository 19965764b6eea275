// Uptime, computed backwards from the present: the current status began at the newest transition, and so on.
import type { Transition } from './lifecycle.ts'
import type { StoredStatus } from './status.ts'

/** From `from` until before `to`, in milliseconds since 1970. */
export interface Period {
  from: number
  to: number
}

export interface PeriodUptime extends Period {
  /** Time while up or down. A monitor that is paused, or waits for its first ping, isn't observed. */
  observedMs: number
  downMs: number
  /** A downtime that spans two periods counts in both. */
  downCount: number
  /** 0 to 1; null when nothing was observed. */
  ratio: number | null
}

export interface History {
  /** Newest first. Transitions before the first period may be left out. */
  transitions: readonly Pick<Transition, 'from' | 'at'>[]
  /** As stored, now. */
  status: StoredStatus
  createdAt: number
  now: number
  /** Maintenance, which counts neither as up nor as down. In any order; spans may overlap. */
  excluded?: readonly Period[]
}

/** The uptime of each period. `periods` must be in ascending order. */
export function uptimeOf({ periods, ...history }: History & { periods: readonly Period[] }): PeriodUptime[] {
  const stretches = without(watchedStretches(history), history.excluded ?? [])
  let next = 0
  return periods.map((period) => {
    while (hasEndedBefore(stretches[next], period)) next++
    return observe(period, overlapping(stretches, next, period))
  })
}

/** Uptime as a share of the observed time, 0 to 1; null when nothing was observed. */
export function overallRatio(periods: readonly Pick<PeriodUptime, 'observedMs' | 'downMs'>[]): number | null {
  const observedMs = periods.reduce((sum, period) => sum + period.observedMs, 0)
  const downMs = periods.reduce((sum, period) => sum + period.downMs, 0)
  return ratioOf(observedMs, downMs)
}

interface Stretch extends Period {
  isDown: boolean
}

// Oldest first.
function watchedStretches({ transitions, status, createdAt, now }: History): Stretch[] {
  const stretches: Stretch[] = []
  let held = { status, until: now }
  const add = (from: number): void => {
    if (isWatched(held.status)) stretches.push({ from, to: held.until, isDown: held.status === 'down' })
  }
  for (const { from, at } of transitions) {
    add(at)
    held = { status: from, until: at }
  }
  add(createdAt)
  return stretches.reverse()
}

/** Cuts these periods out of the stretches. */
function without(stretches: Stretch[], excluded: readonly Period[]): Stretch[] {
  if (excluded.length === 0) return stretches
  const cuts = excluded.toSorted((a, b) => a.from - b.from)
  return stretches.flatMap((stretch) => {
    const parts: Stretch[] = []
    let from = stretch.from
    for (const cut of cuts) {
      if (cut.to <= from || cut.from >= stretch.to) continue
      if (cut.from > from) parts.push({ ...stretch, from, to: cut.from })
      from = cut.to
    }
    if (from < stretch.to || stretch.from === stretch.to) parts.push({ ...stretch, from })
    return parts
  })
}

function isWatched(status: StoredStatus): boolean {
  return status === 'up' || status === 'down'
}

// A downtime of zero length counts, too: it can begin and end in the same millisecond.
function hasEndedBefore(stretch: Period | undefined, { from }: Period): boolean {
  if (stretch === undefined) return false
  return stretch.to < from || (stretch.to === from && stretch.from < from)
}

function overlapping(stretches: readonly Stretch[], first: number, { to }: Period): Stretch[] {
  let end = first
  while ((stretches[end]?.from ?? to) < to) end++
  return stretches.slice(first, end)
}

function observe(period: Period, stretches: readonly Stretch[]): PeriodUptime {
  const downtimes = stretches.filter(({ isDown }) => isDown)
  const observedMs = sharedMs(stretches, period)
  const downMs = sharedMs(downtimes, period)
  return {
    from: period.from,
    to: period.to,
    observedMs,
    downMs,
    downCount: downtimes.length,
    ratio: ratioOf(observedMs, downMs),
  }
}

function sharedMs(stretches: readonly Period[], { from, to }: Period): number {
  return stretches.reduce(
    (sum, stretch) => sum + Math.max(0, Math.min(stretch.to, to) - Math.max(stretch.from, from)),
    0,
  )
}

function ratioOf(observedMs: number, downMs: number): number | null {
  return observedMs === 0 ? null : (observedMs - downMs) / observedMs
}
