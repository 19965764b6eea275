// The world: every event happens to CronGuard, and is passed to the oracle.
import { pauseMonitor, resumeMonitor, updateMonitor } from '#actions/monitors.ts'
import { Agenda } from './agenda.ts'
import { Appliance, type SimulatedChannel } from './appliance.ts'
import type { Request, Role } from './cast.ts'
import type { Dice } from './dice.ts'
import type { Signal } from './job-rules.ts'
import { Oracle } from './oracle.ts'
import { Receivers } from './receivers.ts'
import { Scribe } from './scribe.ts'
import { WorldClock } from './world-clock.ts'

/** `frozen`: the process does not run for a moment, and callers wait for its answer. */
export type Presence = 'awake' | 'frozen' | 'asleep' | 'gone'

export interface Player {
  role: Role
  id: number
  pingKey: string
  projectId: string
  channels: string[]
  request: Request
}

export interface Report {
  signal: Signal
  runId: string | null
  /** The end of the ping URL: "/0", "/fail", ... */
  ending: string
}

const TICK_MS = 250

export class World {
  readonly clock: WorldClock
  readonly agenda = new Agenda()
  readonly oracle = new Oracle()
  readonly receivers: Receivers
  readonly appliance: Appliance
  readonly scribe: Scribe
  readonly players: Player[] = []
  readonly channels: SimulatedChannel[] = []
  presence: Presence = 'gone'
  isDiskWell = true
  /** True times in which CronGuard had trouble. */
  readonly troubledTimes: { from: number; to: number }[] = []
  /** True moments at which its clock was set, or a wrong clock was believed. */
  readonly leaps: number[] = []
  readonly #dice: Dice
  /** Something happened that the next run of the checker must find. */
  #isCheckDue = false
  #planned: { cause: number; at: number } | null = null
  #comebacks: (() => void)[] = []

  constructor(dice: Dice, { path, start }: { path: string; start: number }) {
    this.#dice = dice
    this.clock = new WorldClock(start)
    this.receivers = new Receivers(this.clock)
    this.appliance = new Appliance({ path, clock: this.clock, receivers: this.receivers })
    this.scribe = new Scribe(this)
  }

  get isReachable(): boolean {
    return this.presence === 'awake' && this.isDiskWell
  }

  player(name: string): Player {
    const player = this.players.find(({ role }) => role.name === name)
    if (player === undefined) throw new Error(`No player is called ${name}`)
    return player
  }

  describe(name: string): string {
    return `${name}: ${describe(this.player(name).request)}`
  }

  /** The names of the project's channels that get notices of gaps. */
  gapChannelsOf(projectId: string): string[] {
    return this.channels
      .filter(({ project, notifiesGaps }) => project === projectId && notifiesGaps)
      .map(({ name }) => name)
      .sort()
  }

  /** Calls back, once, when CronGuard can be reached again. */
  onComeback(act: () => void): void {
    this.#comebacks.push(act)
  }

  /** Runs all events before `until`. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const lookAt = this.#nextLookAt() ?? Number.POSITIVE_INFINITY
      const endAt = this.presence === 'awake' ? (this.receivers.nextEndAt ?? Number.POSITIVE_INFINITY) : Infinity
      const beatAt = this.#nextBeatAt()
      const actAt = this.agenda.nextAt ?? Number.POSITIVE_INFINITY
      const at = Math.min(actAt, lookAt, endAt, beatAt)
      if (at > until) break
      this.clock.true = Math.max(this.clock.true, at)
      this.#liveOn()
      if (at === actAt) await this.agenda.take()?.act()
      else if (at === endAt) await this.receivers.endDue()
      else if (at === beatAt) await this.#beat()
      else await this.look()
      if (this.presence === 'awake') this.scribe.compare()
    }
    this.clock.true = until
    this.#liveOn()
  }

  /** Returns whether the ping was recorded. */
  async ping({ role, pingKey }: Player, { signal, runId, ending }: Report): Promise<boolean> {
    if (this.presence !== 'awake') return false
    const status = await this.appliance.ping(pingKey, ending + (runId === null ? '' : `?rid=${runId}`))
    const expected = this.isDiskWell ? 200 : 503
    if (status !== expected) this.scribe.object(`A ping of ${role.name} was answered ${status}, not ${expected}`)
    if (!this.isDiskWell) return false
    this.scribe.remember(role.name, `${signal}${runId === null ? '' : ` of run ${runId.slice(0, 4)}`}`)
    this.oracle.hear(role.name, { signal, runId, now: this.clock.now() })
    return true
  }

  pause({ role, ...ref }: Player): boolean {
    if (!this.isReachable) return false
    this.scribe.remember(role.name, 'is paused')
    pauseMonitor(this.appliance.deps, ref)
    this.oracle.pause(role.name, this.clock.now())
    return true
  }

  resume({ role, ...ref }: Player): boolean {
    if (!this.isReachable) return false
    if (this.oracle.job(role.name).status !== 'paused') return true
    this.scribe.remember(role.name, 'is resumed')
    resumeMonitor(this.appliance.deps, ref, 'armed')
    this.oracle.resume(role.name, this.clock.now())
    return true
  }

  change(player: Player, request: Request): boolean {
    if (!this.isReachable) return false
    this.scribe.remember(player.role.name, `is changed: ${describe(request)}`)
    updateMonitor(this.appliance.deps, { ref: player, change: request.change })
    player.request = request
    this.oracle.change(player.role.name, request.wishes)
    return true
  }

  async look(): Promise<void> {
    this.#planned = null
    if (this.#isCheckDue && this.#dice.chance(0.5)) await this.#beat()
    const { isWaiting } = this.appliance
    await this.appliance.check()
    if (isWaiting && !this.appliance.isWaiting) this.leaps.push(this.clock.true)
    this.oracle.looks(this.clock.time(), this.isDiskWell)
    if (this.isDiskWell) this.#isCheckDue = false
    if (this.isDiskWell && !this.appliance.isWaiting) this.#calmDown()
    this.#liveOn()
    await this.appliance.send()
  }

  async start(): Promise<void> {
    await this.appliance.start()
    this.presence = 'awake'
    this.#happened('starts')
    this.oracle.starts(this.clock.time())
    this.#isCheckDue = true
    await this.#comeBack()
  }

  kill(how: 'killed' | 'stopped'): void {
    this.#happened(`is ${how}`)
    const isNoted = how === 'stopped' && this.appliance.stop()
    if (isNoted) this.oracle.stops(this.clock.time())
    else if (how === 'killed') {
      if (this.isDiskWell) this.appliance.saveHeartbeat()
      this.appliance.kill()
    }
    this.presence = 'gone'
    this.isDiskWell = true
  }

  sleep(how: 'frozen' | 'asleep'): void {
    this.#happened(how === 'frozen' ? 'is frozen' : 'falls asleep')
    this.presence = how
  }

  /** `sleptMs`: how long the clock that only goes forward stood still. */
  async wake(sleptMs: number): Promise<void> {
    this.clock.sleptMs += sleptMs
    this.presence = 'awake'
    this.#happened('wakes up')
    this.#isCheckDue = true
    await this.#comeBack()
  }

  /** The clock of the machine is set forward or back. */
  leap(ms: number): void {
    this.clock.aheadMs += ms
    this.leaps.push(this.clock.true)
    this.#happened(`has its clock set ${ms < 0 ? 'back' : 'forward'} by ${Math.abs(ms) / 1000} s`)
    this.#isCheckDue = true
  }

  async setDisk(isHealthy: boolean): Promise<void> {
    this.#happened(isHealthy ? 'can write to its disk again' : 'cannot write to its disk')
    if (!isHealthy) this.appliance.saveHeartbeat()
    this.appliance.setDisk(isHealthy)
    this.isDiskWell = isHealthy
    this.#isCheckDue = true
    if (isHealthy) await this.#comeBack()
  }

  // Replaces all the heartbeats since the last call.
  #liveOn(): void {
    if (this.presence !== 'awake' || this.#isCheckDue || this.appliance.isWaiting) return
    this.oracle.lives(this.appliance.livedOn(), this.clock.time())
  }

  async #beat(): Promise<void> {
    await this.appliance.beat()
    this.oracle.beats(this.clock.time(), this.isDiskWell)
  }

  async #comeBack(): Promise<void> {
    for (const act of this.#comebacks.splice(0)) act()
  }

  #happened(what: string): void {
    this.scribe.remember('CronGuard', what)
    this.#planned = null
    if (this.#isCalm) this.troubledTimes.push({ from: this.clock.true, to: Number.POSITIVE_INFINITY })
  }

  get #isCalm(): boolean {
    return (this.troubledTimes.at(-1)?.to ?? 0) < Number.POSITIVE_INFINITY
  }

  #calmDown(): void {
    const last = this.troubledTimes.at(-1)
    if (last === undefined || this.#isCalm) return
    last.to = this.clock.true
    this.scribe.compareStates()
  }

  // Heartbeats are simulated one by one only where one of them may matter.
  #nextBeatAt(): number {
    if (this.presence !== 'awake' || !this.#isCheckDue) return Number.POSITIVE_INFINITY
    return this.appliance.nextHeartbeatAt()
  }

  #nextLookAt(): number | null {
    if (this.presence !== 'awake') return null
    const now = this.clock.true
    const cause = this.#nextCause()
    if (cause === null) return null
    if (this.#planned?.cause !== cause) this.#planned = { cause, at: this.#planAt(cause, now) }
    return Math.max(now, this.#planned.at)
  }

  // The checker runs a little late as a rule, and sometimes just before, when nothing may happen yet.
  #planAt(cause: number, now: number): number {
    if (cause <= now) return now + this.#paceMs()
    if (cause - 1 > now && this.#dice.chance(0.2)) return cause - 1
    return cause + (this.#dice.chance(0.4) ? 0 : this.#dice.whole(1, TICK_MS - 1))
  }

  #paceMs(): number {
    if (this.appliance.isWaiting) return this.#dice.whole(1, 1000)
    if (!this.isDiskWell) return this.#dice.whole(TICK_MS, 20_000)
    return this.#isCheckDue ? this.#dice.whole(0, TICK_MS - 1) : TICK_MS
  }

  /** True time of what the next run of the checker must find; in the past: run it soon. */
  #nextCause(): number | null {
    if (this.#isCheckDue || this.appliance.isWaiting) return Number.NEGATIVE_INFINITY
    const walls = [this.oracle.nextMissingAt(), this.scribe.nextMomentAt()]
    const known = walls.filter((wall) => wall !== null)
    return known.length === 0 ? null : Math.min(...known) - this.clock.aheadMs
  }
}

export function describe({ change }: Request): string {
  const { schedule, ...rules } = change
  const { kind, periodMs, expression, timeZone } = schedule ?? {}
  const rhythm = kind === 'period' ? `every ${periodMs} ms` : `${kind} "${expression}" ${timeZone}`
  const rest = Object.entries(rules).filter(([, value]) => value !== null && value !== false)
  return [rhythm, ...rest.map(([name, value]) => `${name} ${value}`)].join(', ')
}
