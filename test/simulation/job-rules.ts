// The oracle's model of one monitor. It stores pings but no deadline: what is missing is computed each time.

/** The settings of the monitor. */
export interface Wishes {
  /** The period in milliseconds, or the moments of the schedule in order. */
  rhythm: number | readonly number[]
  graceMs: number
  maxRunMs: number | null
  minRunMs: number | null
  /** The early window; null: a tenth of the distance to the nearest other moment, at most 15 minutes. */
  earlyMs: number | null
  failuresToAlert: number
  manualResume: boolean
}

export type Status = 'new' | 'up' | 'down' | 'paused'
export type Signal = 'success' | 'start' | 'fail' | 'log'

/** A change of status that must be recorded, and the notification that must be sent, if any. */
export interface Change {
  monitor: string
  from: Status
  to: Status
  at: number
  reason: 'timeout' | 'no-ping' | 'overrun' | 'ping' | 'fail' | 'pause' | 'resume'
  notified: { expectedAt: number | null; downMs: number | null } | null
  /** When the incident that this ends was opened. */
  endsIncidentOf: number | null
}

/** What is missing: from when on that is an alert, and what was expected. */
interface Missing {
  at: number
  reason: 'timeout' | 'no-ping' | 'overrun'
  expectedAt: number
}

interface Run {
  id: string | null
  since: number
  /** The monitor went down because of it. */
  isHeldAgainst: boolean
}

interface Gap {
  from: number
  to: number
}

interface ClockSet {
  since: number
  byMs: number
  /** When it was set, by the clock before. */
  setAt: number
  isNew: (at: number) => boolean
}

/** A punctual ping arrives a moment after it is due. */
const JITTER_MS = 2000
const QUARTER_HOUR = 15 * 60_000
const HOUR = 4 * QUARTER_HOUR
const LONGEST_EARLY_MS = 24 * HOUR

export class JobRules {
  readonly name: string
  #wishes: Wishes
  status: Status = 'new'
  /** When the last success or failure was received. */
  reportedAt: number | null = null
  /** When a person resumed it, if no ping was received since. */
  wokenAt: number | null = null
  /** When the next ping is due, decided at the last one; null: no known moment. */
  expectedAt: number | null = null
  runs: Run[] = []
  failures = 0
  downSince: number | null = null
  /** The deadline is extended until then. */
  extendedUntil: number | null = null
  #hasBegunAnew = false

  constructor(name: string, wishes: Wishes) {
    this.name = name
    this.#wishes = wishes
  }

  get wishes(): Wishes {
    return this.#wishes
  }

  /** The settings change. If the schedule does, the next due time follows from the last ping. */
  change(wishes: Wishes): void {
    const timesOf = ({ rhythm, earlyMs }: Wishes) => JSON.stringify([rhythm, earlyMs])
    const isForOtherTimes = timesOf(wishes) !== timesOf(this.#wishes)
    this.#wishes = wishes
    if (isForOtherTimes) this.#expectAnew()
  }

  hear(signal: Signal, runId: string | null, now: number): Change | null {
    if (signal === 'log' || (this.status === 'paused' && this.wishes.manualResume)) return null
    if (signal === 'start') {
      this.runs = [...this.runs.filter(({ id }) => id !== runId), { id: runId, since: now, isHeldAgainst: false }]
      return null
    }
    const run = this.runs.find(({ id }) => id === runId)
    const { minRunMs } = this.wishes
    const isTooShort = run !== undefined && minRunMs !== null && now - run.since < minRunMs
    const isGood = signal === 'success' && !isTooShort
    this.#endRuns(runId, isGood)
    this.#expectAfter(now)
    this.reportedAt = now
    this.wokenAt = null
    this.extendedUntil = null
    this.#hasBegunAnew = false
    this.failures = isGood ? 0 : this.failures + 1
    if (isGood) return this.#become('up', { at: now, reason: 'ping' })
    const isEnough = this.status === 'down' || this.failures >= this.wishes.failuresToAlert
    return this.#become(isEnough ? 'down' : 'up', { at: now, reason: 'fail' })
  }

  /** The checker runs. If something is missing, the monitor is down since the deadline. */
  look(now: number): Change | null {
    const missing = this.missing()
    if (missing === null || missing.at > now) return null
    const at = Math.max(missing.at, this.reportedAt ?? missing.at)
    const { reason } = missing
    for (const run of this.runs) if (run.since + this.#limitMs() <= missing.at) run.isHeldAgainst = true
    const expectedAt = reason === 'overrun' ? this.#overrunBy(at) : missing.expectedAt
    return this.#become('down', { at, reason }, expectedAt)
  }

  pause(now: number): Change | null {
    this.#forget()
    return this.#become('paused', { at: now, reason: 'pause' })
  }

  resume(now: number): Change | null {
    if (this.status !== 'paused') return null
    this.#forget()
    this.reportedAt = null
    this.failures = 0
    this.wokenAt = now
    this.#expectAnew()
    return this.#become('new', { at: now, reason: 'resume' })
  }

  /** The ping for the current due time may have been lost in the gap. */
  mayHaveReported({ from, to }: Gap): boolean {
    const missing = this.missing()
    return missing !== null && from < to && (missing.at <= to || this.#mayHaveBegun({ from, to }))
  }

  /**
   * CronGuard was offline. If the ping may be lost, the deadline is extended by one grace period, or by the limit for
   * runs if one may have started; once per ping, and again if a gap was as long as the extension. Otherwise the lost
   * time is added. Returns whether the deadline changed.
   */
  extend({ from, to }: Gap): boolean {
    const missing = this.missing()
    if (missing === null) return false
    const due = this.#awaitedAt()
    const begins = [...this.runs.map(({ since }) => since), ...(due === null ? [] : [due])]
    const lostMs = to - Math.max(from, Math.min(to, ...begins))
    const { graceMs } = this.wishes
    const moreMs = this.#mayHaveBegun({ from, to }) ? Math.max(graceMs, this.#limitMs()) : graceMs
    const isExtended = this.mayHaveReported({ from, to }) && (!this.#hasBegunAnew || lostMs >= moreMs)
    if (!isExtended && lostMs === 0 && !this.mayHaveReported({ from, to })) return false
    this.extendedUntil = isExtended ? Math.max(missing.at, to) + moreMs : missing.at + lostMs
    this.#hasBegunAnew ||= isExtended
    return true
  }

  // The due time or the early window was in the gap.
  #mayHaveBegun({ from, to }: Gap): boolean {
    const due = this.#awaitedAt()
    if (due === null || due < from - JITTER_MS) return false
    if (due <= to) return true
    const { rhythm, earlyMs } = this.wishes
    if (typeof rhythm === 'number') return due - to <= Math.min(rhythm / 10, QUARTER_HOUR)
    return nextMoment(rhythm, { pingAt: to, earlyMs }) !== due
  }

  /** The clock was set: moments move with it, except those that are by the new clock already (`isNew`). */
  shift({ since, byMs, setAt, isNew }: ClockSet): void {
    const isMoved = (at: number) => at >= since && !isNew(at)
    const before = this.expectedAt
    for (const run of this.runs) if (isMoved(run.since)) run.since += byMs
    const latest = setAt + LONGEST_EARLY_MS + 3 * Math.max(this.wishes.graceMs, this.#limitMs())
    const isMovedToo = this.extendedUntil !== null && this.extendedUntil >= since && this.extendedUntil <= latest
    if (isMovedToo) this.extendedUntil = (this.extendedUntil ?? 0) + byMs
    const last = this.wokenAt ?? this.reportedAt
    if (last === null || !isMoved(last)) return
    if (this.wokenAt === null) this.#reportedInsteadAt(last + byMs)
    else this.#wokenInsteadAt(last + byMs)
    // Cron does not repeat a job when the clock shows its time once more, unless it was set back by 3 hours.
    const isOnceMore = before !== null && this.expectedAt !== null && this.expectedAt < before && byMs < 0
    const isCalendar = typeof this.wishes.rhythm !== 'number'
    if (isOnceMore && isCalendar && byMs > -3 * HOUR) this.expectedAt = before
  }

  /** The clock was set back to `now`: nothing can have happened later. */
  turnBack(now: number): void {
    const latest = this.#isRunAwaited() ? now - 1 : now
    for (const run of this.runs) run.since = Math.min(run.since, now)
    if (this.reportedAt !== null && this.reportedAt > latest) this.#reportedInsteadAt(latest)
    if (this.wokenAt !== null && this.wokenAt > latest) this.#wokenInsteadAt(latest)
    const longestMs = Math.max(this.wishes.graceMs, this.#limitMs())
    if (this.extendedUntil !== null) this.extendedUntil = Math.min(this.extendedUntil, now + longestMs)
  }

  // The due time stays if it is one of the next two moments.
  #reportedInsteadAt(at: number): void {
    const { rhythm } = this.wishes
    const before = this.expectedAt
    this.reportedAt = at
    const index = typeof rhythm === 'number' ? 0 : firstAfter(rhythm, at)
    const isStillNext = typeof rhythm !== 'number' && before !== null && rhythm.slice(index, index + 2).includes(before)
    if (!isStillNext) this.#expectAnew()
  }

  #wokenInsteadAt(at: number): void {
    this.wokenAt = at
    this.#expectAnew()
  }

  /** What will be missing if no ping comes, and when; null: nothing. */
  missing(): Missing | null {
    if (this.status === 'down') return null
    const expected = this.#isAwaited() ? this.expectedAt : null
    // A run with its own limit may take as long as if it had started at the last moment.
    const patienceMs = this.wishes.graceMs + (this.#isRunAwaited() ? this.#limitMs() : 0)
    const ends = this.runs.map(({ since }) => ({ at: since + this.#limitMs(), expectedAt: since }))
    const late = expected === null ? [] : [{ at: expected + patienceMs, expectedAt: expected }]
    const [first] = [...ends, ...late].sort((a, b) => a.at - b.at)
    if (first === undefined) return null
    const at = Math.max(first.at, this.extendedUntil ?? first.at)
    const isOverrun = ends.some((end) => end.at <= at)
    return {
      at,
      reason: isOverrun ? 'overrun' : this.wokenAt === null ? 'timeout' : 'no-ping',
      expectedAt: first.expectedAt,
    }
  }

  /** When the next ping is due; null: none is, or the end of a run is awaited, or the list of moments ends before. */
  dueAt(): number | null {
    return this.status === 'up' ? this.#awaitedAt() : null
  }

  #awaitedAt(): number | null {
    return this.#isAwaited() && !this.#isRunAwaited() ? this.expectedAt : null
  }

  #isRunAwaited(): boolean {
    const newest = this.runs.at(-1)
    const since = this.wokenAt ?? this.reportedAt
    if (!this.#isAwaited() || this.wishes.maxRunMs === null || since === null) return false
    return newest !== undefined && newest.since > since
  }

  // A ping is expected by the schedule.
  #isAwaited(): boolean {
    return this.status === 'up' || (this.status === 'new' && this.wokenAt !== null)
  }

  // A late ping counts for its own moment: the next moment still needs a ping, however near it is.
  #expectAfter(now: number): void {
    const isLate = this.#isAwaited() && this.expectedAt !== null && this.expectedAt <= now
    this.expectedAt = this.#nextAfter(now, isLate ? 0 : this.wishes.earlyMs)
  }

  #expectAnew(): void {
    const { earlyMs } = this.wishes
    if (this.wokenAt !== null) this.expectedAt = this.#nextAfter(this.wokenAt, 0)
    else this.expectedAt = this.reportedAt === null ? null : this.#nextAfter(this.reportedAt, earlyMs)
  }

  #nextAfter(pingAt: number, earlyMs: number | null): number | null {
    const { rhythm } = this.wishes
    return typeof rhythm === 'number' ? pingAt + rhythm : nextMoment(rhythm, { pingAt, earlyMs })
  }

  #limitMs(): number {
    return this.wishes.maxRunMs ?? this.wishes.graceMs
  }

  #overrunBy(at: number): number | null {
    return this.runs.find(({ since }) => since + this.#limitMs() <= at)?.since ?? null
  }

  // A ping with a run id ends that run. Without one it ends the run without an id, or else all runs. Runs that took the
  // monitor down end with any success or failure. A failure with an unknown run id ends the only open run, as in
  // Healthchecks, unless the monitor has settings that Healthchecks does not know.
  #endRuns(runId: string | null, isGood: boolean): void {
    const { maxRunMs, failuresToAlert } = this.wishes
    const isKnown = this.runs.some(({ id }) => id === runId)
    const isSimple = this.runs.length === 1 && maxRunMs === null && failuresToAlert === 1
    if (!isKnown && (runId === null || (!isGood && isSimple))) this.runs = []
    else this.runs = this.runs.filter(({ id, isHeldAgainst }) => id !== runId && !isHeldAgainst)
  }

  #forget(): void {
    this.runs = []
    this.extendedUntil = null
    this.#hasBegunAnew = false
  }

  #become(to: Status, { at, reason }: Pick<Change, 'at' | 'reason'>, expectedAt: number | null = null): Change | null {
    const from = this.status
    if (from === to) return null
    this.status = to
    if (to !== 'new') this.wokenAt = null
    const endsIncidentOf = this.downSince
    this.downSince = to === 'down' ? at : null
    const isNotified = to === 'down' || (from === 'down' && to === 'up')
    const downMs = endsIncidentOf === null ? null : Math.max(0, at - endsIncidentOf)
    return {
      monitor: this.name,
      from,
      to,
      at,
      reason,
      notified: isNotified ? { expectedAt, downMs } : null,
      endsIncidentOf,
    }
  }
}

/** The due time after a ping at `pingAt`; null: beyond the list of moments. */
function nextMoment(moments: readonly number[], ping: { pingAt: number; earlyMs: number | null }): number | null {
  const { pingAt, earlyMs } = ping
  const index = firstAfter(moments, pingAt)
  const [before, slot, after] = [moments[index - 1], moments[index], moments[index + 1]]
  if (slot === undefined) return null
  const ahead = slot - pingAt
  const times = earlyMs === null ? 10 : 2
  const isAlone = [before, after].every((other) => other === undefined || Math.abs(other - slot) >= times * ahead)
  const isMeant = isAlone && earlyMs !== 0 && ahead <= (earlyMs ?? QUARTER_HOUR)
  return isMeant ? (after ?? null) : slot
}

function firstAfter(moments: readonly number[], at: number): number {
  let [low, high] = [0, moments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((moments[middle] ?? 0) > at) high = middle
    else low = middle + 1
  }
  return low
}
