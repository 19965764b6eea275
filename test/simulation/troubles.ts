// The troubles of CronGuard, its machine and the receivers.
import type { Span } from './cast.ts'
import type { Dice } from './dice.ts'
import type { Mood } from './receivers.ts'
import type { World } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type Act = () => void | Promise<void>
/** Each act, and the time until the next one. */
type Story = [act: Act, forMs: number][]

export class Troubles {
  readonly #world: World
  readonly #dice: Dice
  #isBusy = false

  constructor(world: World, dice: Dice) {
    this.#world = world
    this.#dice = dice
  }

  /** Most troubles come in busy times. */
  begin(span: Span, count: number): void {
    for (let index = 0; index < count; index++) {
      this.#world.agenda.add(this.#moment(span), () => this.#tell(this.#dice.one(this.#stories())))
      this.#world.agenda.add(this.#moment(span), () => this.#annoyReceivers())
    }
  }

  #moment({ from, until, busyTimes }: Span): number {
    const anywhere = from + this.#dice.real() * (until - from)
    if (this.#dice.chance(0.3)) return anywhere
    const apart = this.#dice.span(SECOND, 3 * DAY)
    return Math.min(Math.max(from, this.#dice.one(busyTimes) + this.#dice.one([-1, 1]) * apart), until)
  }

  // One story after another, most of them a good while later.
  #tell(story: Story): void {
    if (this.#isBusy) {
      this.#world.agenda.add(this.#world.clock.true + this.#dice.span(SECOND, 6 * HOUR), () => this.#tell(story))
      return
    }
    this.#isBusy = true
    let at = this.#world.clock.true
    for (const [act, forMs] of story) {
      this.#world.agenda.add(at, act)
      at += forMs
    }
    this.#world.agenda.add(at, () => {
      this.#isBusy = false
    })
  }

  // From a millisecond to days.
  #while(): number {
    return this.#dice.chance(0.3) ? this.#dice.span(1, 20 * SECOND) : this.#dice.span(SECOND, 3 * DAY)
  }

  #aBit(): number {
    return this.#dice.span(1, 10 * MINUTE)
  }

  #stories(): Story[] {
    const world = this.#world
    const start = () => world.start()
    const kill = () => world.kill('killed')
    const disk = (isHealthy: boolean) => () => world.setDisk(isHealthy)
    const leap = (ms: number) => () => world.leap(ms)
    const [long, ahead] = [this.#while(), this.#dice.span(SECOND, 2 * DAY)]
    return [
      [
        [kill, long],
        [start, 0],
      ],
      [
        [() => world.kill('stopped'), long],
        [start, 0],
      ],
      [
        [kill, 0],
        [start, 0],
      ],
      Array.from({ length: 8 }, (_, index) => [index % 2 === 0 ? kill : start, this.#dice.span(1, 30 * SECOND)]),
      [
        [() => world.sleep('asleep'), long],
        [() => world.wake(long), 0],
      ],
      [
        [() => world.sleep('asleep'), long],
        [() => world.wake(0), 0],
      ],
      this.#freeze(),
      [
        [disk(false), long],
        [disk(true), 0],
      ],
      [
        [disk(false), this.#dice.whole(100, 20 * SECOND)],
        [disk(true), 0],
      ],
      [
        [disk(false), long],
        [kill, this.#aBit()],
        [start, 0],
      ],
      [
        [disk(false), long],
        [() => world.kill('stopped'), this.#aBit()],
        [start, 0],
      ],
      [
        [leap(ahead), this.#while()],
        [leap(-ahead), 0],
      ],
      [
        [leap(-ahead), this.#while()],
        [leap(ahead), 0],
      ],
      [[leap(this.#dice.whole(-2500, 2500)), 0]],
      // Messages wait for their next attempt, and the clock is set back.
      [
        [() => this.#annoyReceivers(), this.#dice.span(MINUTE, 5 * HOUR)],
        [leap(-ahead), DAY],
        [leap(ahead), 0],
      ],
      // The clock is wrong at the start, and corrected before or after CronGuard believes it.
      [
        [kill, long],
        [leap(-ahead - long), 0],
        [start, this.#dice.whole(5 * MINUTE, 15 * MINUTE)],
        [leap(ahead + long), 0],
      ],
      [
        [kill, long],
        [leap(-ahead - long), 0],
        [start, this.#aBit()],
        [kill, this.#aBit()],
        [leap(ahead + long), 0],
        [start, 0],
      ],
      [
        [kill, long],
        [leap(-ahead - long), 0],
        [start, this.#aBit()],
        [() => world.kill('stopped'), this.#aBit()],
        [leap(ahead + long), 0],
        [start, 0],
      ],
      [
        [disk(false), this.#aBit()],
        [leap(-ahead), this.#aBit()],
        [disk(true), this.#aBit()],
        [leap(ahead), 0],
      ],
    ]
  }

  #freeze(): Story {
    const ms = this.#dice.span(100, 9.5 * SECOND)
    return [
      [() => this.#world.sleep('frozen'), ms],
      [() => this.#world.wake(0), 0],
    ]
  }

  #annoyReceivers(): void {
    const { agenda, clock, receivers, channels } = this.#world
    const forMs = this.#dice.chance(0.2) ? this.#dice.span(22 * HOUR, 60 * HOUR) : this.#dice.span(SECOND, DAY)
    for (const { name } of this.#dice.some(channels, 0.5)) {
      receivers.moods.set(name, this.#dice.one<Mood>(['slow', 'refuses', 'refuses', 'hangs', 'lies', 'gone']))
      agenda.add(clock.true + forMs, () => void receivers.moods.set(name, 'works'))
    }
  }
}
