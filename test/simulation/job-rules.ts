// The oracle's view of one monitor: what a job has said, on a list, and what follows from the list. It remembers no due
// time and no deadline; it asks each time what is missing.

/** What a person has asked for. */
export interface Wishes {
  /** A ping at least once in so many milliseconds, or at each of these moments, in order. */
  rhythm: number | readonly number[]
  graceMs: number
  maxRunMs: number | null
  minRunMs: number | null
  /** How much too early counts, if no other time is nearer; null: a tenth of the way to others, at most 15 minutes. */
  earlyMs: number | null
  failuresToAlert: number
  manualResume: boolean
}

export type Status = 'new' | 'up' | 'down' | 'paused'
export type Signal = 'success' | 'start' | 'fail' | 'log'

/** A change of status that must be written down; and what must be said about it, if anything. */
export interface Change {
  monitor: string
  from: Status
  to: Status
  at: number
  reason: 'timeout' | 'no-ping' | 'overrun' | 'ping' | 'fail' | 'pause' | 'resume'
  told: { expectedAt: number | null; downMs: number | null } | null
  /** When the incident began that it ends. */
  endsIncidentOf: number | null
}

/** What is missing: since when it is a matter for people, and what it was. */
interface Missing {
  at: number
  reason: 'timeout' | 'no-ping' | 'overrun'
  expectedAt: number
}

interface Run {
  id: string | null
  since: number
  /** The monitor went down for it. */
  isHeldAgainst: boolean
}

interface Gap {
  from: number
  to: number
}

/** Nobody is punctual to the second. */
const JITTER_MS = 2000
const QUARTER_HOUR = 15 * 60_000
const HOUR = 4 * QUARTER_HOUR

export class JobRules {
  readonly name: string
  #wishes: Wishes
  status: Status = 'new'
  /** When a success or a failure was last heard of. */
  reportedAt: number | null = null
  /** When a person woke it up, and nothing was heard since. */
  wokenAt: number | null = null
  /** For when the next report is expected, as it was decided with the last one; null: for no moment that is known. */
  expectedAt: number | null = null
  runs: Run[] = []
  failures = 0
  downSince: number | null = null
  /** Nothing is held against it before. */
  excusedUntil: number | null = null
  #hasBegunAnew = false

  constructor(name: string, wishes: Wishes) {
    this.name = name
    this.#wishes = wishes
  }

  get wishes(): Wishes {
    return this.#wishes
  }

  /** A person wants something else. What is expected then goes by the last report, if it is for other times. */
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
    this.excusedUntil = null
    this.#hasBegunAnew = false
    this.failures = isGood ? 0 : this.failures + 1
    if (isGood) return this.#become('up', { at: now, reason: 'ping' })
    const isEnough = this.status === 'down' || this.failures >= this.wishes.failuresToAlert
    return this.#become(isEnough ? 'down' : 'up', { at: now, reason: 'fail' })
  }

  /** Somebody looks. What is missing by then takes it down, as of the moment from which it was missing. */
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

  /** Its one report for this time may have come between `from` and `to`, when nobody was there to hear it. */
  mayHaveReported({ from, to }: Gap): boolean {
    const missing = this.missing()
    return missing !== null && from < to && (missing.at <= to || this.#mayHaveBegun({ from, to }))
  }

  /**
   * Nobody was there to hear it from `from` until `to`. If it may have reported, it has one grace more, or as long as a
   * run may take where one may have started unheard; but only once for each report, and again where all of that fell
   * into the time in which nobody was there. Otherwise what it lost of its time is added. Says whether anything is.
   */
  excuse({ from, to }: Gap): boolean {
    const missing = this.missing()
    if (missing === null) return false
    const due = this.#awaitedAt()
    const begins = [...this.runs.map(({ since }) => since), ...(due === null ? [] : [due])]
    const lostMs = to - Math.max(from, Math.min(to, ...begins))
    const { graceMs } = this.wishes
    const moreMs = this.#mayHaveBegun({ from, to }) ? Math.max(graceMs, this.#limitMs()) : graceMs
    const isExcused = this.mayHaveReported({ from, to }) && (!this.#hasBegunAnew || lostMs >= moreMs)
    if (!isExcused && lostMs === 0 && !this.mayHaveReported({ from, to })) return false
    this.excusedUntil = isExcused ? Math.max(missing.at, to) + moreMs : missing.at + lostMs
    this.#hasBegunAnew ||= isExcused
    return true
  }

  // Its time came, or was so near that a report would have been taken for it.
  #mayHaveBegun({ from, to }: Gap): boolean {
    const due = this.#awaitedAt()
    if (due === null || due < from - JITTER_MS) return false
    if (due <= to) return true
    const { rhythm, earlyMs } = this.wishes
    if (typeof rhythm === 'number') return due - to <= Math.min(rhythm / 10, QUARTER_HOUR)
    return nextMoment(rhythm, { pingAt: to, earlyMs }) !== due
  }

  /** The clock was set: what has happened happened as long ago as it did, unless it `isNew`. */
  shift({ since, byMs, isNew }: { since: number; byMs: number; isNew: (at: number) => boolean }): void {
    const isMoved = (at: number) => at >= since && !isNew(at)
    const before = this.expectedAt
    for (const run of this.runs) if (isMoved(run.since)) run.since += byMs
    if (this.excusedUntil !== null && this.excusedUntil >= since) this.excusedUntil += byMs
    const last = this.wokenAt ?? this.reportedAt
    if (last === null || !isMoved(last)) return
    if (this.wokenAt === null) this.#reportedInsteadAt(last + byMs)
    else this.#wokenInsteadAt(last + byMs)
    // Cron does not repeat what it has done when its time comes once more, unless it is much later again.
    const isOnceMore = before !== null && this.expectedAt !== null && this.expectedAt < before && byMs < 0
    const isCalendar = typeof this.wishes.rhythm !== 'number'
    if (isOnceMore && isCalendar && byMs > -3 * HOUR) this.expectedAt = before
  }

  /** The clock was put back to `now`: nothing that happened can have happened later. */
  turnBack(now: number): void {
    const latest = this.#isRunAwaited() ? now - 1 : now
    for (const run of this.runs) run.since = Math.min(run.since, now)
    if (this.reportedAt !== null && this.reportedAt > latest) this.#reportedInsteadAt(latest)
    if (this.wokenAt !== null && this.wokenAt > latest) this.#wokenInsteadAt(latest)
    const longestMs = Math.max(this.wishes.graceMs, this.#limitMs())
    if (this.excusedUntil !== null) this.excusedUntil = Math.min(this.excusedUntil, now + longestMs)
  }

  // What it was for stays so, if that is one of the next two times.
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

  /** When it will be missed if nothing is heard; null: never. */
  missing(): Missing | null {
    if (this.status === 'down') return null
    const expected = this.#isAwaited() ? this.expectedAt : null
    // A run that has a limit of its own, and has started, may take as long as if it had started at the last moment.
    const patienceMs = this.wishes.graceMs + (this.#isRunAwaited() ? this.#limitMs() : 0)
    const ends = this.runs.map(({ since }) => ({ at: since + this.#limitMs(), expectedAt: since }))
    const late = expected === null ? [] : [{ at: expected + patienceMs, expectedAt: expected }]
    const [first] = [...ends, ...late].sort((a, b) => a.at - b.at)
    if (first === undefined) return null
    const at = Math.max(first.at, this.excusedUntil ?? first.at)
    const isOverrun = ends.some((end) => end.at <= at)
    return {
      at,
      reason: isOverrun ? 'overrun' : this.wokenAt === null ? 'timeout' : 'no-ping',
      expectedAt: first.expectedAt,
    }
  }

  /** When the next ping is expected; null: nothing is, or the end of a run is, or it is beyond the list of moments. */
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

  // Something is expected of it by its times.
  #isAwaited(): boolean {
    return this.status === 'up' || (this.status === 'new' && this.wokenAt !== null)
  }

  // A report that comes late is that of its own moment: the next one is still to come, however near it is.
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

  // A run that names itself ends by its name. Without a name it is the one without a name, or else all of them. What is
  // held against the monitor is over with any report of a run. A failure that names a run that nobody saw start ends
  // the only one that is known, as in Healthchecks, unless a person has asked for more than Healthchecks can do.
  #endRuns(runId: string | null, isGood: boolean): void {
    const { maxRunMs, failuresToAlert } = this.wishes
    const isKnown = this.runs.some(({ id }) => id === runId)
    const isSimple = this.runs.length === 1 && maxRunMs === null && failuresToAlert === 1
    if (!isKnown && (runId === null || (!isGood && isSimple))) this.runs = []
    else this.runs = this.runs.filter(({ id, isHeldAgainst }) => id !== runId && !isHeldAgainst)
  }

  #forget(): void {
    this.runs = []
    this.excusedUntil = null
    this.#hasBegunAnew = false
  }

  #become(to: Status, { at, reason }: Pick<Change, 'at' | 'reason'>, expectedAt: number | null = null): Change | null {
    const from = this.status
    if (from === to) return null
    this.status = to
    if (to !== 'new') this.wokenAt = null
    const endsIncidentOf = this.downSince
    this.downSince = to === 'down' ? at : null
    const isTold = to === 'down' || (from === 'down' && to === 'up')
    const downMs = endsIncidentOf === null ? null : Math.max(0, at - endsIncidentOf)
    return { monitor: this.name, from, to, at, reason, told: isTold ? { expectedAt, downMs } : null, endsIncidentOf }
  }
}

/** The moment for which the next ping is expected after one at `pingAt`; null: later than the list goes. */
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
