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
  /** Time passes, and then the checker comes by, or a ping comes first. */
  | { type: 'wait' | 'sleep'; ms: number }

/** What was seen to happen, as an outsider would write it down; `lastEndAt` and `openStartAt` are kept by hand. */
interface Moment {
  event: Event
  now: number
  before: WatchedMonitor
  after: WatchedMonitor
  transition: Transition | null
  lastEndAt: number | null
  lastStartAt: number | null
  /** The newest word about a run is a start: nobody has ended it. */
  isRunning: boolean
  /** When each run started of which no end was heard, by its run id. */
  openStarts: ReadonlyMap<string | null, number>
}

// Whole minutes meet at boundaries often; a millisecond more or less goes past them.
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
const handOfAPerson = fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const) })
const changeOfPeriod = fc.record({ type: fc.constant('change' as const), periodMs: minutes })
const changeOfGrace = fc.record({ type: fc.constant('change' as const), graceMs: minutes })

const event = fc.oneof(
  { weight: 5, arbitrary: wait },
  { weight: 1, arbitrary: sleep },
  { weight: 6, arbitrary: ping },
  { weight: 1, arbitrary: handOfAPerson },
  { weight: 1, arbitrary: changeOfPeriod },
  { weight: 1, arbitrary: changeOfGrace },
)
const lastBeat = fc.array(event, { minLength: 1, maxLength: 30, size: 'max' })

function check(property: (moments: Moment[]) => void): void {
  fc.assert(
    fc.property(lastBeat, (given) => property(live(given))),
    { seed: 20261123, numRuns: 1000 },
  )
}

describe('whatever happens to a monitor, in whatever order', () => {
  test('nobody is told "down" twice without an "up" or a pause between', () => {
    check((moments) => {
      let isToldDown = false
      for (const { transition } of moments) {
        if (transition?.to === 'down') expect(isToldDown).toBe(false)
        if (transition?.to === 'paused') isToldDown = false
        if (isTold(transition)) isToldDown = transition?.to === 'down'
      }
    })
  })

  test('nobody is told "up" who was not told "down" before', () => {
    check((moments) => {
      let isToldDown = false
      for (const { transition } of moments) {
        if (!isTold(transition)) continue
        if (transition?.to === 'up') expect(isToldDown).toBe(true)
        isToldDown = transition?.to === 'down'
      }
    })
  })

  test('whoever is down was told of, and whoever was told of stays down until a ping or a pause', () => {
    check((moments) => {
      for (const { event, before, after, transition } of moments) {
        if (after.status === 'down' && before.status !== 'down') expect(isTold(transition)).toBe(true)
        if (before.status === 'down' && after.status !== 'down') expect(['ping', 'pause']).toContain(event.type)
      }
    })
  })

  test('the checker leaves no deadline behind that has passed', () => {
    check((moments) => {
      for (const { now, after } of checks(moments)) {
        if (after.deadlineAt !== null) expect(after.deadlineAt).toBeGreaterThan(now)
        if (after.status === 'down') expect(after.deadlineAt).toBeNull()
      }
    })
  })

  test('the checker misses neither a ping that did not come nor a run that did not end', () => {
    check((moments) => {
      for (const { now, after, lastEndAt, lastStartAt, isRunning } of checks(moments)) {
        if (after.status === 'down') continue
        const { schedule, graceMs } = after
        if (after.status === 'up') expect(now).toBeLessThan((lastEndAt ?? 0) + schedule.periodMs + graceMs)
        if (isRunning) expect(now).toBeLessThan((lastStartAt ?? 0) + graceMs)
      }
    })
  })

  test('nobody is told before the deadline, counted from the last ping or start', () => {
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

describe('what is written down of it is a story without gaps', () => {
  test('each transition begins where the one before it ended', () => {
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

  test('the shown status is the stored one, or late, right after the checker came by', () => {
    check((moments) => {
      for (const { now, after } of checks(moments)) {
        const shown = shownStatus(after, now)
        expect(shown === 'late' ? 'up' : shown).toBe(after.status)
      }
    })
  })

  test('due time and deadline are always those of the state, however it was reached', () => {
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

  test('transitions follow each other in time, whatever a person changes', () => {
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

/** Lives through the events; after each wait the checker comes by once. */
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
    seen = { ...seen, ...whatIsSeen(event, { now, before, openStarts: seen.openStarts }) }
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

type Around = Pick<Moment, 'now' | 'before' | 'openStarts'>

function whatIsSeen(event: Event, { now, before, openStarts }: Around): Partial<Moment> {
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
  openStarts: Around['openStarts'],
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

function isTold(transition: Transition | null): boolean {
  return transition !== null && shouldNotify(transition)
}
