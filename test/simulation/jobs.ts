// The jobs, and the people who manage their monitors: what each does, and when, by true time.
import { type Span, throwLimits, throwRequest, type Window } from './cast.ts'
import type { Dice } from './dice.ts'
import type { Player, Report, World } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** How long `curl -m 10` waits for an answer. */
const CALL_MAX_MS = 10 * SECOND
/** A limit, as a person may make the schedule much denser. */
const RUNS_MAX = 300
const PERSON_TRIES_AGAIN_MS = 7 * MINUTE

export class Job {
  readonly #world: World
  readonly #player: Player
  readonly #dice: Dice
  /** The newest ping that was not received. */
  #unheard: Report | null = null
  /** How many runs are left in this window: a new schedule may be a thousand times as dense. */
  #runsLeft = 0

  constructor(world: World, { player, dice }: { player: Player; dice: Dice }) {
    this.#world = world
    this.#player = player
    this.#dice = dice
  }

  begin(span: Span): void {
    const { role } = this.#player
    for (const window of role.windows) this.#world.agenda.add(window.from, () => this.#open(window))
    if (role.habit !== 'wild') return
    for (let times = this.#dice.whole(0, 8); times > 0; times--) {
      const { from, to } = this.#dice.one(role.windows)
      const at = from + this.#dice.real() * (to - from)
      this.#world.agenda.add(at, () => this.#handOfAPerson(span))
    }
  }

  #open(window: Window): Promise<void> {
    this.#runsLeft = RUNS_MAX / this.#player.role.windows.length
    return this.#work(window)
  }

  async #work(window: Window): Promise<void> {
    const now = this.#world.clock.true
    this.#runsLeft -= 1
    if (now >= window.to || this.#runsLeft < 0) return this.#rest(window)
    await this.#runOnce()
    this.#world.agenda.add(this.#nextRunAt(now), () => this.#work(window))
  }

  // The job goes on until the monitor can be paused.
  async #rest(window: Window): Promise<void> {
    if (!window.endsPaused || this.#world.pause(this.#player)) {
      this.#unheard = null
      return
    }
    await this.#runOnce()
    this.#world.agenda.add(this.#nextRunAt(this.#world.clock.true), () => this.#work(window))
  }

  // A punctual job pings within the period, or soon after the moment of its schedule.
  #nextRunAt(now: number): number {
    const { rhythm, graceMs } = this.#player.request.wishes
    const isWild = this.#player.role.habit === 'wild'
    if (typeof rhythm === 'number') {
      const share = isWild ? this.#dice.one([0.5, 0.9, 0.98, 1, 1.05, 1.5]) : 0.6 + 0.38 * this.#dice.real()
      const lateMs = isWild && this.#dice.chance(0.2) ? this.#dice.one([this.#dice.real() * 1.2, 1]) * graceMs : 0
      return now + Math.max(1, Math.round(rhythm * share + lateMs))
    }
    const moment = rhythm.find((at) => at > now) ?? Number.MAX_SAFE_INTEGER
    const next = rhythm.find((at) => at > moment) ?? Number.MAX_SAFE_INTEGER
    const latest = Math.min(graceMs, (next - moment) / 2)
    if (!isWild) return moment + Math.floor(this.#dice.real() * 0.4 * latest)
    if (this.#dice.chance(0.3)) return Math.max(now + 1, moment - this.#aheadMs(next - moment))
    return moment + Math.floor(this.#dice.real() * 1.3 * latest)
  }

  // How much too early; often just inside or just outside the early window.
  #aheadMs(apartMs: number): number {
    const { earlyMs } = this.#player.request.wishes
    const justEnough = earlyMs ?? this.#dice.one([Math.floor(apartMs / 10), 15 * MINUTE])
    if (this.#dice.chance(0.5)) return Math.max(1, justEnough + this.#dice.one([-1, 0, 1]))
    return this.#dice.span(1, 20 * MINUTE)
  }

  async #runOnce(): Promise<void> {
    const { role, request } = this.#player
    const runId = role.usesRunIds && this.#dice.chance(0.8) ? this.#dice.uuid() : null
    if (role.habit !== 'wild') return this.#report({ signal: 'success', runId, ending: '' })
    if (this.#dice.chance(0.04)) return
    if (this.#dice.chance(0.05)) await this.#report({ signal: 'log', runId, ending: '/log' })
    if (!role.usesStarts || this.#dice.chance(0.15)) return this.#end(runId)
    await this.#report({ signal: 'start', runId, ending: '/start' })
    if (this.#dice.chance(0.04)) return
    const { graceMs, maxRunMs, minRunMs } = request.wishes
    const limitMs = maxRunMs ?? graceMs
    const shortMs = minRunMs !== null && this.#dice.chance(0.5) ? minRunMs + this.#dice.one([-1, 0, 1]) : null
    const tookMs = shortMs ?? this.#dice.one([this.#dice.span(1, 1.3 * limitMs + 2), 1.2 * this.#dice.real() * limitMs])
    this.#world.agenda.add(this.#world.clock.true + tookMs, () => this.#end(this.#dice.chance(0.95) ? runId : null))
  }

  async #end(runId: string | null): Promise<void> {
    const isGood = this.#dice.chance(0.9)
    const ending = isGood ? this.#dice.one(['', '/0']) : this.#dice.one(['/fail', '/1', '/TERM'])
    await this.#report({ signal: isGood ? 'success' : 'fail', runId, ending })
  }

  async #report(report: Report): Promise<void> {
    if (await this.#world.ping(this.#player, report)) {
      this.#unheard = null
      return
    }
    if (this.#world.presence === 'frozen') this.#soonAfterwards(report, Math.floor(5 * this.#dice.real()))
    else if (this.#player.role.habit !== 'hasty') this.#keepTrying(report)
  }

  // A job that retries is received well within the grace period. Only its newest ping counts.
  #keepTrying(report: Report): void {
    const isTryingAlready = this.#unheard !== null
    this.#unheard = report
    if (isTryingAlready) return
    const { graceMs } = this.#player.request.wishes
    this.#world.onComeback(() => {
      const delayMs = 1 + Math.floor(this.#dice.real() * Math.min(0.25 * graceMs, MINUTE))
      this.#world.agenda.add(this.#world.clock.true + delayMs, async () => {
        const unheard = this.#unheard
        this.#unheard = null
        if (unheard !== null) await this.#report(unheard)
      })
    })
  }

  #soonAfterwards(report: Report, delayMs: number): void {
    const calledAt = this.#world.clock.true
    this.#world.onComeback(() => {
      if (this.#world.clock.true - calledAt > CALL_MAX_MS) return
      this.#world.agenda.add(this.#world.clock.true + delayMs, () => this.#report(report))
    })
  }

  #handOfAPerson(span: Span): void {
    if (this.#actAsPerson(span)) return
    this.#world.agenda.add(this.#world.clock.true + PERSON_TRIES_AGAIN_MS, () => this.#handOfAPerson(span))
  }

  #actAsPerson(span: Span): boolean {
    const act = this.#dice.one(['pause', 'resume', 'change', 'limit', 'limit'] as const)
    if (act === 'resume') return this.#world.resume(this.#player)
    if (act === 'change') return this.#world.change(this.#player, throwRequest(this.#dice, { habit: 'wild', span }))
    if (act === 'limit') return this.#world.change(this.#player, throwLimits(this.#dice, this.#player.request))
    const isDone = this.#world.pause(this.#player)
    if (isDone && this.#dice.chance(0.7)) {
      const at = this.#world.clock.true + this.#dice.span(SECOND, 3 * HOUR)
      this.#world.agenda.add(at, () => void this.#world.resume(this.#player))
    }
    return isDone
  }
}
