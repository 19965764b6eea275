import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  applyDeadline,
  applyPing,
  pause,
  rescheduled,
  resume,
  type Step,
  shouldNotify,
  type Transition,
  withRules,
} from '#domain/lifecycle.ts'
import { NEW_STATE, NO_RULES, type WatchedMonitor } from '#domain/monitor.ts'
import type { PingKind } from '#domain/ping.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { shownStatus } from '#domain/status.ts'
import { MINUTE } from '#lib/duration.ts'

type Event =
  | { type: 'ping'; kind: PingKind; runId: string | null }
  | { type: 'pause' | 'resume' }
  | { type: 'change'; periodMs?: number; graceMs?: number }
  /** Time passes: after a wait the checker runs, after a sleep it does not. */
  | { type: 'wait' | 'sleep'; ms: number }

/** One event and its effect; the fields from `lastEndAt` on are kept by the test, without the code under test. */
interface Moment {
  event: Event
  now: number
  before: WatchedMonitor
  after: WatchedMonitor
  transition: Transition | null
  lastEndAt: number | null
  lastStartAt: number | null
  /** The newest ping about a run is a start: it has not ended. */
  isRunning: boolean
  /** The start of each run that has not ended, by its run id. */
  openStarts: ReadonlyMap<string | null, number>
}

// With whole minutes, times are often exactly equal; a millisecond more or less is just before or after.
const minutes = fc.constantFrom(1, 2, 3, 5, 8).map((count) => count * MINUTE)
const length = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(-1, 0, 0, 0, 1))
  .map(([count, ms]) => Math.max(0, count * MINUTE + ms))
const wait = length.map((ms): Event => ({ type: 'wait', ms }))
const sleep = length.map((ms): Event => ({ type: 'sleep', ms }))
const ping = fc.record({
  type: fc.constant('ping' as const),
  kind: fc.constantFrom<PingKind>('success', 'success', 'start', 'start', 'fail', 'log', 'ignored'),
  runId: fc.constantFrom(null, 'run-a', 'run-b'),
})
const pauseOrResume = fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const) })
const changeOfPeriod = fc.record({ type: fc.constant('change' as const), periodMs: minutes })
const changeOfGrace = fc.record({ type: fc.constant('change' as const), graceMs: minutes })

const event = fc.oneof(
  { weight: 5, arbitrary: wait },
  { weight: 1, arbitrary: sleep },
  { weight: 6, arbitrary: ping },
  { weight: 1, arbitrary: pauseOrResume },
  { weight: 1, arbitrary: changeOfPeriod },
  { weight: 1, arbitrary: changeOfGrace },
)
const events = fc.array(event, { minLength: 1, maxLength: 30, size: 'max' })

function check(property: (moments: Moment[]) => void): void {
  fc.assert(
    fc.property(events, (given) => property(live(given))),
    { seed: 20261123, numRuns: 1000 },
  )
}

describe('Lifecycle, for any sequence of events', () => {
  test('a recovery or a pause lies between two down notifications', () => {
    check((moments) => {
      let isNotifiedDown = false
      for (const { transition } of moments) {
        if (transition?.to === 'down') expect(isNotifiedDown).toBe(false)
        if (transition?.to === 'paused') isNotifiedDown = false
        if (isNotified(transition)) isNotifiedDown = transition?.to === 'down'
      }
    })
  })

  test('a recovery notification follows a down notification', () => {
    check((moments) => {
      let isNotifiedDown = false
      for (const { transition } of moments) {
        if (!isNotified(transition)) continue
        if (transition?.to === 'up') expect(isNotifiedDown).toBe(true)
        isNotifiedDown = transition?.to === 'down'
      }
    })
  })

  test('going down always notifies, and only a ping or a pause ends it', () => {
    check((moments) => {
      for (const { event, before, after, transition } of moments) {
        if (after.status === 'down' && before.status !== 'down') expect(isNotified(transition)).toBe(true)
        if (before.status === 'down' && after.status !== 'down') expect(['ping', 'pause']).toContain(event.type)
      }
    })
  })

  test('the checker leaves no deadline in the past', () => {
    check((moments) => {
      for (const { now, after } of checks(moments)) {
        if (after.deadlineAt !== null) expect(after.deadlineAt).toBeGreaterThan(now)
        if (after.status === 'down') expect(after.deadlineAt).toBeNull()
      }
    })
  })

  test('the checker takes the monitor down for every missed ping and every overrun', () => {
    check((moments) => {
      for (const { now, after, lastEndAt, lastStartAt, isRunning } of checks(moments)) {
        if (after.status === 'down') continue
        const { schedule, graceMs } = after
        if (after.status === 'up') expect(now).toBeLessThan((lastEndAt ?? 0) + schedule.periodMs + graceMs)
        if (isRunning) expect(now).toBeLessThan((lastStartAt ?? 0) + graceMs)
      }
    })
  })

  test('the checker takes nothing down before the deadline after the last ping or start', () => {
    check((moments) => {
      for (const { now, before, transition, lastEndAt, openStarts } of checks(moments)) {
        if (transition === null) continue
        const { schedule, graceMs } = before
        expect(transition.at).toBeLessThanOrEqual(now)
        const overruns = [...openStarts.values()].map((at) => Math.max(at + graceMs, before.lastPingAt ?? 0))
        if (transition.reason === 'timeout') expect(transition.at).toBe((lastEndAt ?? 0) + schedule.periodMs + graceMs)
        else expect(overruns).toContain(transition.at)
      }
    })
  })
})

describe('Lifecycle: recorded transitions', () => {
  test('each transition starts with the status in which the previous one ended', () => {
    check((moments) => {
      let status: Transition['from'] = 'new'
      for (const { transition, after } of moments) {
        if (transition) {
          expect(transition.from).toBe(status)
          expect(transition.to).not.toBe(status)
          status = transition.to
        }
        expect(after.status).toBe(status)
      }
    })
  })

  test('right after a check, the shown status is the stored one, or late', () => {
    check((moments) => {
      for (const { now, after } of checks(moments)) {
        const shown = shownStatus(after, now)
        expect(shown === 'late' ? 'up' : shown).toBe(after.status)
      }
    })
  })

  test('due time and deadline depend only on the state: rescheduled changes nothing', () => {
    check((moments) => {
      for (const { after } of moments) expect(rescheduled(after)).toEqual(after)
    })
  })

  test('every ping is counted once', () => {
    check((moments) => {
      const pings = moments.filter((moment) => moment.event.type === 'ping')
      expect(moments.at(-1)?.after.pingCount).toBe(pings.length)
    })
  })

  test('transitions are in order of time, whatever settings change', () => {
    check((moments) => {
      let last = 0
      for (const { transition } of moments) {
        if (transition === null) continue
        expect(transition.at).toBeGreaterThanOrEqual(last)
        last = transition.at
      }
    })
  })
})

/** Applies the events in order; after each wait the checker runs once. */
function live(events: Event[]): Moment[] {
  let monitor = newMonitor()
  let now = Date.UTC(2026, 10, 23)
  let seen: Pick<Moment, 'lastEndAt' | 'lastStartAt' | 'isRunning' | 'openStarts'> = {
    lastEndAt: null,
    lastStartAt: null,
    isRunning: false,
    openStarts: new Map(),
  }
  return events.map((event) => {
    if (event.type === 'wait' || event.type === 'sleep') now += event.ms
    const before = monitor
    const { monitor: after, transition } = take(monitor, event, now)
    seen = { ...seen, ...seenAfter(event, { now, before, openStarts: seen.openStarts }) }
    monitor = after
    return { event, now, before, after, transition, ...seen }
  })
}

function take(monitor: WatchedMonitor, event: Event, now: number): Step {
  switch (event.type) {
    case 'wait':
      return applyDeadline(monitor, now)
    case 'sleep':
      return { monitor, transition: null }
    case 'ping':
      return applyPing(monitor, { kind: event.kind, runId: event.runId, exitStatus: null }, now)
    case 'pause':
      return pause(monitor, now)
    case 'resume':
      return resume(monitor, now, 'unarmed')
    case 'change': {
      const { periodMs = monitor.schedule.periodMs, graceMs = monitor.graceMs } = event
      return { monitor: withRules(monitor, { schedule: everyPeriod(periodMs), graceMs }), transition: null }
    }
  }
}

type Context = Pick<Moment, 'now' | 'before' | 'openStarts'>

function seenAfter(event: Event, { now, before, openStarts }: Context): Partial<Moment> {
  const none = { isRunning: false, openStarts: new Map() }
  if (event.type === 'pause') return none
  if (event.type === 'resume') return before.status === 'paused' ? { ...none, lastEndAt: null } : {}
  if (event.type !== 'ping') return {}
  if (event.kind === 'start') {
    const others = [...openStarts].filter(([runId]) => runId !== event.runId)
    return { lastStartAt: now, isRunning: true, openStarts: new Map([...others, [event.runId, now]]) }
  }
  if (event.kind !== 'success' && event.kind !== 'fail') return {}
  return { lastEndAt: now, isRunning: false, openStarts: startsAfter(event, openStarts) }
}

function startsAfter(
  { kind, runId }: Extract<Event, { type: 'ping' }>,
  openStarts: Context['openStarts'],
): Moment['openStarts'] {
  if (openStarts.has(runId)) return new Map([...openStarts].filter(([started]) => started !== runId))
  if (runId === null) return new Map()
  return kind === 'fail' && openStarts.size === 1 ? new Map() : openStarts
}

function newMonitor(): WatchedMonitor {
  const schedule = everyPeriod(5 * MINUTE)
  return { id: 1, ...NO_RULES, ...NEW_STATE, schedule, graceMs: 2 * MINUTE }
}

function checks(moments: Moment[]): Moment[] {
  return moments.filter((moment) => moment.event.type === 'wait')
}

function isNotified(transition: Transition | null): boolean {
  return transition !== null && shouldNotify(transition)
}
