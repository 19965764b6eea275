// Judges every message by what its receiver saw: none lost, none sent twice without need, none out of order, none too
// soon, too late or for too long.
import type { Attempt } from './receivers.ts'
import type { World } from './world.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR
const LEASE_MS = 60 * SECOND
const FIRST_PAUSE_MS = 10 * SECOND
/** By how much a pause may differ from its rule. */
const SPREAD = 0.2
/** A clock that is corrected by less does not count as set. */
const TOLERANCE_MS = 2 * SECOND
/** A clock set while CronGuard was offline, by no more than the time since the last heartbeat, goes unnoticed. */
const UNSEEN_LEAP_MS = 5 * SECOND
/** The longest time between when a message could be sent and when it is. */
const PROMPT_MS = SECOND

interface Message {
  id: string
  channel: string
  /** Null: a notice of a gap. */
  monitor: string | null
  state: string
  attempts: number
  createdAt: number
}

interface Story {
  message: Message
  attempts: Attempt[]
}

/** Returns how many messages there were, and their outcomes. */
export function judgeDeliveries(world: World): Record<string, number> {
  const byId = Map.groupBy(world.receivers.attempts, ({ deliveryId }) => deliveryId)
  const stories = readMessages(world).map((message) => ({ message, attempts: byId.get(message.id) ?? [] }))
  const referee = new Referee(world)
  for (const story of stories) referee.judge(story)
  const threads = Map.groupBy(stories, ({ message }) => `${message.channel} ${message.monitor}`)
  for (const thread of threads.values()) referee.judgeOrder(thread)
  const strays = [...byId.keys()].filter((id) => !stories.some(({ message }) => message.id === id))
  if (strays.length > 0) world.scribe.object(`Messages were sent that are not recorded: ${strays.join(', ')}`)
  const repeated = stories.filter(({ attempts }) => attempts.filter(({ hasArrived }) => hasArrived).length > 1)
  const failed = stories.filter(({ message }) => message.state === 'failed')
  return { messages: stories.length, failed: failed.length, arrivedTwice: repeated.length }
}

class Referee {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  judge(story: Story): void {
    const { message, attempts } = story
    if (message.attempts !== attempts.length) this.#object(story, `was tried ${attempts.length} times`)
    for (const [index, attempt] of attempts.entries()) {
      const previous = attempts[index - 1]
      if (previous !== undefined) this.#judgeAgain(story, { previous, attempt, count: index })
    }
    const last = attempts.at(-1)
    if (message.state === 'sent') {
      if (last?.verdict !== 'taken') this.#object(story, 'was not accepted by its receiver')
    } else if (message.state === 'failed') this.#judgeGivingUp(story, last)
    else this.#object(story, 'is neither sent nor given up')
  }

  /** Messages of one monitor and channel are sent one after another. */
  judgeOrder(thread: Story[]): void {
    let endedAt = Number.NEGATIVE_INFINITY
    for (const [index, story] of thread.entries()) {
      const [first] = story.attempts
      if (first === undefined) continue
      if (first.begunAt.true < endedAt) this.#object(story, 'overtook the one before it')
      this.#judgePromptness(story, { first, before: thread[index - 1] ?? null })
      endedAt = Math.max(...story.attempts.map((attempt) => attempt.endedAt?.true ?? attempt.begunAt.true))
    }
  }

  #judgeAgain(story: Story, again: { previous: Attempt; attempt: Attempt; count: number }): void {
    const { previous, attempt, count } = again
    const ended = previous.endedAt ?? previous.begunAt
    const isDisturbed = this.#isDisturbed(previous.begunAt.true, attempt.begunAt.true)
    if (!isDisturbed && previous.verdict !== 'refused') this.#object(story, 'was sent again after it had been settled')
    const pauseMs = pauseAfter(count)
    const waitedMs = attempt.begunAt.wall - ended.wall
    const leastMs = isDisturbed ? Math.min(pauseMs * (1 - SPREAD), LEASE_MS) : pauseMs * (1 - SPREAD)
    const wasTurnedBack = this.#hasLeapt(previous.begunAt.true, attempt.begunAt.true)
    const sinceMs = isDisturbed ? attempt.begunAt.wall - previous.begunAt.wall : waitedMs
    if (!wasTurnedBack && sinceMs < leastMs - 1) this.#object(story, `was tried again after ${sinceMs} ms only`)
    if (!isDisturbed && ended.wall + leastMs >= story.message.createdAt + DAY) this.#judgeLength(story, attempt)
    if (this.#isCrowded(attempt, ended.true)) return
    // Whatever happened to the clock, no message waits longer than its pause or lease plus the trouble itself.
    const trulyMs = attempt.begunAt.true - ended.true - this.#troubledMs(ended.true, attempt.begunAt.true)
    const leapMs = wasTurnedBack ? UNSEEN_LEAP_MS : 0
    const mostMs = Math.max(pauseMs * (1 + SPREAD), isDisturbed ? LEASE_MS : 0) + PROMPT_MS + TOLERANCE_MS + leapMs
    if (trulyMs > mostMs) this.#object(story, `was tried again only after ${trulyMs} ms in which all was well`)
  }

  // Time in which CronGuard could not send does not count, from its last heartbeat on.
  #judgeLength(story: Story, { begunAt }: Attempt): void {
    const since = begunAt.true - 2 * DAY
    const gaps = this.#world.troubledTimes.filter(({ from, to }) => from <= begunAt.true && to >= since)
    const awayMs = this.#troubledMs(since, begunAt.true) + gaps.length * UNSEEN_LEAP_MS
    const isLong = begunAt.wall >= story.message.createdAt + DAY + awayMs
    if (isLong && !this.#hasLeapt(since, begunAt.true)) this.#object(story, 'was still tried after a day')
  }

  #judgeGivingUp(story: Story, last: Attempt | undefined): void {
    if (last?.verdict === 'gone') return
    if (last?.verdict !== 'refused') this.#object(story, 'was given up without reason')
    const { message, attempts } = story
    const latest = (last.endedAt ?? last.begunAt).wall + pauseAfter(attempts.length) * (1 + SPREAD)
    const hasLeapt = this.#hasLeapt(last.begunAt.true - 2 * DAY, last.begunAt.true)
    if (!hasLeapt && latest < message.createdAt + DAY) this.#object(story, 'was given up before its day was over')
  }

  #judgePromptness(story: Story, { first, before }: { first: Attempt; before: Story | null }): void {
    const readyAt = Math.max(story.message.createdAt, before?.attempts.at(-1)?.endedAt?.wall ?? 0)
    const waitedMs = first.begunAt.wall - readyAt
    if (waitedMs <= PROMPT_MS) return
    const since = first.begunAt.true - waitedMs
    if (this.#isDisturbed(since, first.begunAt.true) || this.#isCrowded(first, since)) return
    this.#object(story, `was sent only after ${waitedMs} ms`)
  }

  /** Whether CronGuard itself had trouble at some time between the two. */
  #isDisturbed(from: number, to: number): boolean {
    return this.#world.troubledTimes.some((trouble) => trouble.from <= to && trouble.to >= from)
  }

  #troubledMs(from: number, to: number): number {
    const parts = this.#world.troubledTimes.map((trouble) => Math.min(trouble.to, to) - Math.max(trouble.from, from))
    return parts.reduce((sum, ms) => sum + Math.max(0, ms), 0)
  }

  #hasLeapt(from: number, to: number): boolean {
    return this.#world.leaps.some((at) => at >= from && at <= to)
  }

  // A channel that is slow to answer other messages delays this one, too.
  #isCrowded({ channel, deliveryId, begunAt }: Attempt, since: number): boolean {
    return this.#world.receivers.attempts.some((other) => {
      if (other.channel !== channel || other.deliveryId === deliveryId) return false
      const endedAt = other.endedAt?.true ?? Number.POSITIVE_INFINITY
      return endedAt > other.begunAt.true && endedAt >= since && other.begunAt.true <= begunAt.true
    })
  }

  #object({ message, attempts }: Story, what: string): never {
    const tries = attempts.map(({ begunAt, verdict, hasArrived }) => {
      return `    ${iso(begunAt.wall)} (truly ${iso(begunAt.true)}) ${verdict}${hasArrived ? ', arrived' : ''}`
    })
    const about = `The message of ${iso(message.createdAt)} about ${message.monitor} to ${message.channel}`
    this.#world.scribe.object([`${about}, ${message.state} after ${message.attempts}, ${what}`, ...tries].join('\n'))
  }
}

/** 10 s after the first attempt, then twice as long each time, at most an hour. */
function pauseAfter(count: number): number {
  let pauseMs = FIRST_PAUSE_MS
  for (let n = 1; n < count && pauseMs < HOUR; n++) pauseMs *= 2
  return Math.min(pauseMs, HOUR)
}

function readMessages(world: World): Message[] {
  return world.appliance.deps.db.all<Message>(
    `SELECT deliveries.id, channel_name AS channel, monitors.name AS monitor, state, attempts,
            deliveries.created_at AS createdAt
       FROM deliveries LEFT JOIN monitors ON monitors.id = monitor_id
      ORDER BY sequence`,
  )
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
