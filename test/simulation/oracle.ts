// The oracle: from the pings that reached CronGuard and the runs of its checker, it computes what must have been
// recorded and sent. Its rules are those of the documentation; it shares no code with CronGuard.
import { type Change, JobRules, type Signal, type Wishes } from './job-rules.ts'

const SECOND = 1000
const SHORT_GAP_MS = 15 * SECOND
const REST_MS = 3 * SECOND
const UPTIME_STEP_MS = 20
const CLOCK_TOLERANCE_MS = 2 * SECOND
const CLOCK_PATIENCE_MS = 600 * SECOND

export type Reason = 'crash' | 'stop' | 'jump' | 'stuck' | 'disk'

/** A gap, and the monitors whose deadline it extended. */
export interface Gap {
  from: number
  to: number
  reason: Reason
  extended: string[]
}

/** What the clock shows, and the clock that only goes forward while the machine is awake. */
export interface Time {
  wall: number
  elapsed: number
  /** The true time since some moment. */
  passed: number
}

type Heartbeat = Pick<Time, 'wall' | 'elapsed'>

export class Oracle {
  readonly jobs = new Map<string, JobRules>()
  /** The changes that must have been recorded since the last comparison. */
  changes: Change[] = []
  gaps: Gap[] = []
  /** The last heartbeat on disk. */
  #alive: Heartbeat | null = null
  /** What the clocks showed when they were last compared. */
  #seen: Time | null = null
  /** Moments from here on are of this boot of the machine, by the clock as it is set now. */
  #datedSince: number | null = null
  /** By how much the clock was set forward since the last heartbeat. */
  #setByMs = 0
  #isDiskKnownToRefuse = false
  #waitsSince: number | null = null
  #stoppedAt: number | null = null

  add(name: string, wishes: Wishes): void {
    this.jobs.set(name, new JobRules(name, wishes))
  }

  job(name: string): JobRules {
    const job = this.jobs.get(name)
    if (job === undefined) throw new Error(`The oracle knows no ${name}`)
    return job
  }

  hear(name: string, { signal, runId, now }: { signal: Signal; runId: string | null; now: number }): void {
    this.#note(this.job(name).hear(signal, runId, now))
  }

  pause(name: string, now: number): void {
    this.#note(this.job(name).pause(now))
  }

  resume(name: string, now: number): void {
    this.#note(this.job(name).resume(now))
  }

  change(name: string, wishes: Wishes): void {
    this.job(name).change(wishes)
  }

  /**
   * CronGuard is about to write a heartbeat, which must not hide a gap that the checker has not found yet.
   */
  beats(time: Time, isDiskWell: boolean): void {
    if (this.#waitsSince !== null) return
    if (!isDiskWell) this.#isDiskKnownToRefuse = true
    else if (!this.#isUnwatched(time)) this.#beats(time)
  }

  /** CronGuard has written its heartbeats as usual, the last at `alive`, and was awake until now. */
  lives(alive: Heartbeat, time: Time): void {
    this.#beats(alive)
    this.#seen = time
  }

  /** CronGuard was stopped, and recorded that. */
  stops(time: Time): void {
    this.#alive = time
    this.#stoppedAt = time.wall
  }

  starts(time: Time): void {
    this.#isDiskKnownToRefuse = false
    this.#waitsSince = null
    this.#datedSince = Math.min(this.#datedSince ?? time.wall, time.wall)
    this.#setByMs = 0
    this.#seen = time
    if (this.#alive !== null && time.wall < this.#alive.wall - CLOCK_TOLERANCE_MS) this.#waitsSince = time.elapsed
    else this.#begins(time)
  }

  /** The checker runs. */
  looks(time: Time, isDiskWell: boolean): void {
    if (isDiskWell) this.#comparesClocks(time)
    else if (this.#wasSetBy(time) !== 0 || this.#isExtensionDue(time)) this.#isDiskKnownToRefuse = true
    else this.#seen = time
    if (this.#waitsSince !== null && !this.#canStopWaiting(time, this.#waitsSince)) return
    if (!isDiskWell) {
      const isAnythingToWrite = this.#isUnwatched(time) || [...this.jobs.values()].some((job) => isMissed(job, time))
      if (isAnythingToWrite) this.#isDiskKnownToRefuse = true
      return
    }
    this.#noticesTheClock(time)
    for (const job of this.jobs.values()) this.#note(job.look(time.wall))
  }

  /** The earliest deadline, by the clock. */
  nextMissingAt(): number | null {
    const moments = [...this.jobs.values()].map((job) => job.missing()?.at ?? null).filter((at) => at !== null)
    return moments.length === 0 ? null : Math.min(...moments)
  }

  get isWaiting(): boolean {
    return this.#waitsSince !== null
  }

  #canStopWaiting({ wall, elapsed }: Time, since: number): boolean {
    const isRight = wall >= (this.#alive?.wall ?? wall) - CLOCK_TOLERANCE_MS
    return isRight || elapsed - since >= CLOCK_PATIENCE_MS
  }

  #isUnwatched({ wall }: Time): boolean {
    const apart = wall - (this.#alive?.wall ?? wall)
    return apart > SHORT_GAP_MS || apart < -CLOCK_TOLERANCE_MS || this.#isDiskKnownToRefuse
  }

  // Moments move with the clock. After a stall, pings may still wait to be read, so overdue deadlines are extended; but
  // not one that was just extended.
  #comparesClocks(time: Time): void {
    const seen = this.#seen ?? time
    const restedMs = this.#restedMs(time)
    this.#setByMs += this.#movesWithTheClock(time, time.wall - (time.passed - seen.passed))
    const awaited = restedMs > 0 ? this.#missedAndNotExtended(time) : []
    for (const job of awaited) job.extend({ from: time.wall - restedMs, to: time.wall })
    this.#seen = time
  }

  #isExtensionDue(time: Time): boolean {
    return this.#restedMs(time) > 0 && this.#missedAndNotExtended(time).length > 0
  }

  #missedAndNotExtended(time: Time): JobRules[] {
    return [...this.jobs.values()].filter((job) => isMissed(job, time) && job.missing()?.at !== job.extendedUntil)
  }

  /** How long CronGuard did not run, or slept; 0 if that is no stall, or is a gap. */
  #restedMs(time: Time): number {
    if (this.#waitsSince !== null || this.#isUnwatched(time)) return 0
    const seen = this.#seen ?? time
    const restedMs = Math.max(time.elapsed - seen.elapsed, time.passed - seen.passed)
    return restedMs > REST_MS ? restedMs : 0
  }

  // Pings since `newSince` came after the clock was set.
  #movesWithTheClock(time: Time, newSince: number): number {
    const byMs = this.#wasSetBy(time)
    const since = this.#datedSince ?? time.wall
    const isNew = (at: number) => at >= newSince - UPTIME_STEP_MS && at <= time.wall
    // A later moment cannot be by the clock before it was set.
    const isFromElsewhere = (at: number) => at > time.wall - byMs || isNew(at)
    if (byMs !== 0)
      for (const job of this.jobs.values()) job.shift({ since, byMs, setAt: time.wall - byMs, isNew: isFromElsewhere })
    this.#datedSince = since + byMs
    return byMs
  }

  #wasSetBy(time: Time): number {
    const seen = this.#seen ?? time
    const byMs = time.wall - seen.wall - (time.passed - seen.passed)
    return Math.abs(byMs) < CLOCK_TOLERANCE_MS ? 0 : byMs
  }

  #beats(time: Heartbeat): void {
    this.#alive = time
    this.#setByMs = 0
  }

  #noticesTheClock(time: Time): void {
    const alive = this.#alive ?? time
    const wasWaiting = this.#waitsSince !== null
    this.#waitsSince = null
    if (time.wall < alive.wall - CLOCK_TOLERANCE_MS) this.#turnsBack(time)
    else if (wasWaiting) this.#begins(time)
    const from = this.#alive ?? time
    if (time.wall - from.wall > SHORT_GAP_MS || this.#isDiskKnownToRefuse) {
      const isLeap = time.elapsed - from.elapsed < (time.wall - from.wall) / 2
      const gap: Omit<Gap, 'extended'> = { from: from.wall, to: time.wall, reason: isLeap ? 'jump' : 'stuck' }
      this.#extends(gap, from.wall + this.#setByMs)
      this.#beats(time)
    }
    this.#isDiskKnownToRefuse = false
  }

  #begins(time: Time): void {
    const from = this.#alive?.wall ?? null
    if (from !== null) this.#extends({ from, to: time.wall, reason: this.#stoppedAt === null ? 'crash' : 'stop' })
    this.#stoppedAt = null
    this.#beats(time)
  }

  #turnsBack(time: Time): void {
    for (const job of this.jobs.values()) job.turnBack(time.wall)
    this.#stoppedAt = null
    this.#beats(time)
  }

  // CronGuard was offline since `offlineSince`, whatever the clock was set to meanwhile.
  #extends(gap: Omit<Gap, 'extended'>, offlineSince = gap.from): void {
    const { from, to } = gap
    const reason = this.#isDiskKnownToRefuse ? 'disk' : gap.reason
    const isShort = to - from <= SHORT_GAP_MS
    const offline = { from: offlineSince, to }
    const concerned = [...this.jobs.values()].filter((job) => !isShort || job.mayHaveReported(offline))
    const extended = concerned.filter((job) => job.extend(offline))
    if (!isShort) this.gaps.push({ from, to, reason, extended: extended.map(({ name }) => name).sort() })
  }

  #note(change: Change | null): void {
    if (change !== null) this.changes.push(change)
  }
}

function isMissed(job: JobRules, { wall }: { wall: number }): boolean {
  const missing = job.missing()
  return missing !== null && missing.at <= wall
}
