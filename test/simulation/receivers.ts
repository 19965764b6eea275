// The receivers of notifications. Each has a mood that changes, and every attempt is recorded.
import type { Mail, Mailer, MailResult } from '#lib/mail.ts'
import { networkFailure } from '#lib/network.ts'
import type { Outbound, OutboundRequest, OutboundResult } from '#lib/outbound.ts'
import { answerOf, cannotConnect, textOf } from '../support/outside.ts'
import type { WorldClock } from './world-clock.ts'

/**
 * `works`: accepts. `slow`: accepts after a while. `refuses`: answers with an error. `hangs`: does not answer until the
 * timeout. `lies`: accepts, and answers with an error. `gone`: answers that it will never accept anything.
 */
export type Mood = 'works' | 'slow' | 'refuses' | 'hangs' | 'lies' | 'gone'

/** `unknown`: the sender was gone before the answer. */
export type Verdict = 'taken' | 'refused' | 'gone' | 'unknown'

/** One attempt to send, as the receiver saw it and by true time. */
export interface Attempt {
  channel: string
  deliveryId: string
  status: string
  monitor: string
  begunAt: { true: number; wall: number }
  endedAt: { true: number; wall: number } | null
  hasArrived: boolean
  verdict: Verdict | null
}

interface Hanging {
  until: number
  end: (isBrokenOff: boolean) => void
}

const PATIENCE_MS = { webhook: 5000, mail: 40_000 }
const SLOW_MS = 3000

export class Receivers {
  readonly attempts: Attempt[] = []
  readonly moods = new Map<string, Mood>()
  readonly #clock: WorldClock
  #hanging: Hanging[] = []
  /** Grows with every event. */
  #stirs = 0

  constructor(clock: WorldClock) {
    this.#clock = clock
  }

  readonly outbound: Outbound = {
    send: async (request: OutboundRequest): Promise<OutboundResult> => {
      const message = JSON.parse(textOf(request))
      const channel = new URL(request.url).pathname.slice(1)
      const about = { monitor: message.monitor_name, status: message.status, deliveryId: message.delivery_id }
      const verdict = await this.#attempt({ channel, ...about, patienceMs: PATIENCE_MS.webhook })
      if (verdict === 'unknown') return networkFailure('timeout')
      return answerOf({ taken: 200, refused: 500, gone: 410 }[verdict])
    },
    connect: cannotConnect,
    close: () => {},
  }

  readonly mailer: Mailer = {
    send: async (mail: Mail): Promise<MailResult> => {
      const [status = '', monitor = ''] = mail.subject.split(' | ')
      const deliveryId = mail.headers['X-CronGuard-Delivery'] ?? ''
      const about = { channel: mail.to.split('@')[0] ?? '', monitor, status: status.toLowerCase(), deliveryId }
      const verdict = await this.#attempt({ ...about, patienceMs: PATIENCE_MS.mail })
      if (verdict === 'taken') return { kind: 'sent', detail: '250 OK' }
      if (verdict === 'gone') return { kind: 'failure', reason: 'rejected', detail: '550 5.1.1', isPermanent: true }
      return { ...networkFailure(verdict === 'unknown' ? 'timeout' : 'refused'), isPermanent: false }
    },
    close: () => {},
  }

  /** True time of the next answer or timeout. */
  get nextEndAt(): number | null {
    return this.#hanging.length === 0 ? null : Math.min(...this.#hanging.map(({ until }) => until))
  }

  /** Ends the attempts that are due, and lets CronGuard record the outcome. */
  async endDue(): Promise<void> {
    const due = this.#hanging.filter(({ until }) => until <= this.#clock.true)
    this.#hanging = this.#hanging.filter((hanging) => !due.includes(hanging))
    for (const { end } of due) end(false)
    await this.quiet()
  }

  /** The sending process is gone. */
  breakOff(): void {
    for (const { end } of this.#hanging.splice(0)) end(true)
  }

  /** Resolves when nothing is left to happen at this moment. */
  async quiet(): Promise<void> {
    let seen = -1
    while (seen !== this.#stirs) {
      seen = this.#stirs
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #attempt({
    patienceMs,
    ...about
  }: Pick<Attempt, 'channel' | 'deliveryId' | 'status' | 'monitor'> & { patienceMs: number }): Promise<Verdict> {
    const mood = this.moods.get(about.channel) ?? 'works'
    const hasArrived = mood === 'works' || mood === 'slow' || mood === 'lies'
    const attempt: Attempt = { ...about, begunAt: this.#moment(), endedAt: null, hasArrived, verdict: null }
    this.attempts.push(attempt)
    this.#stirs += 1
    const waitMs = { works: 0, refuses: 0, gone: 0, lies: 0, slow: SLOW_MS, hangs: patienceMs }[mood]
    const isBrokenOff = waitMs > 0 && (await this.#wait(waitMs))
    this.#stirs += 1
    attempt.endedAt = this.#moment()
    const verdicts = { works: 'taken', slow: 'taken', lies: 'refused', refuses: 'refused', gone: 'gone' } as const
    // For the sender, no answer is a failure.
    const heard = mood === 'hangs' ? 'unknown' : verdicts[mood]
    attempt.verdict = isBrokenOff ? 'unknown' : heard === 'unknown' ? 'refused' : heard
    return isBrokenOff ? 'unknown' : heard
  }

  #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => this.#hanging.push({ until: this.#clock.true + ms, end: resolve }))
  }

  #moment(): { true: number; wall: number } {
    return { true: this.#clock.true, wall: this.#clock.now() }
  }
}
