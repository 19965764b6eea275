// Sends the deliveries in the outbox, several messages at a time.
import type { Deps } from '#deps.ts'
import type { Durability } from '#store/database.ts'
import { type ClaimedMessage, type Claiming, claimDeliveries, claimDue } from './claims.ts'
import { type Attempted, attempt, saveAttempt } from './deliveries.ts'
import { createSendLimits } from './send-limits.ts'

/** During a storm, outcomes are synced to the disk this often. What a power failure undoes is sent again. */
const SYNC_EVERY_MS = 100
/** A finished message waits for so many others, and so many turns of the event loop, to be settled with them. */
const GATHER_MAX = 8
const GATHER_TURNS = 4

export class Sender {
  readonly #deps: Deps
  readonly #limits
  /** Until their outcomes are saved. */
  readonly #claimed = new Set<ClaimedMessage>()
  readonly #position = { from: '' }
  readonly #waiting: ClaimedMessage[] = []
  readonly #finished: Attempted[] = []
  readonly #settling = new Set<ClaimedMessage>()
  readonly #running = new Set<Promise<void>>()
  readonly #failures: unknown[] = []
  #beginning: Promise<void> = Promise.resolve()
  /** Whether the last look found something to send. */
  #isStorm = false
  #isEnding = false
  #unsyncedSince: number | null = null

  constructor(deps: Deps) {
    this.#deps = deps
    this.#limits = createSendLimits(deps)
  }

  /**
   * Begins to send what is due. Finished messages make room for the next ones until `end` is called. Rejects with the
   * errors since the last call. A delivery whose outcome could not be saved is sent again when its lease runs out.
   */
  async sendDue(): Promise<void> {
    this.#isEnding = false
    const failures = this.#failures.splice(0)
    await this.#begin(claimDeliveries(this.#deps, this.#claiming(this.#claimed)))
    this.#sync()
    if (failures.length > 0) throw new AggregateError(failures, 'Some delivery outcomes could not be saved')
  }

  /** Begins nothing more. Resolves when all outcomes are saved. */
  async end(): Promise<void> {
    this.#isEnding = true
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.#sync()
  }

  /** Resolves when all messages have been begun. */
  #begin(messages: readonly ClaimedMessage[]): Promise<void> {
    for (const { channelId } of messages) this.#limits.take(channelId)
    for (const message of messages) this.#claimed.add(message)
    const isBeginning = this.#waiting.length > 0
    this.#waiting.push(...messages)
    if (!isBeginning) {
      this.#beginning = this.#beginOneByOne()
      this.#run(this.#beginning)
    }
    return this.#beginning
  }

  // Between two messages, other events are processed. Otherwise, pings would wait for all of them.
  async #beginOneByOne(): Promise<void> {
    for (let [message] = this.#waiting; message; [message] = this.#waiting) {
      this.#run(this.#attempt(message))
      await new Promise(setImmediate)
      this.#waiting.shift()
    }
  }

  async #attempt(message: ClaimedMessage): Promise<void> {
    try {
      this.#finish(await attempt(this.#deps, message, this.#limits))
    } catch (error) {
      // It is claimed again when its lease runs out.
      this.#claimed.delete(message)
      throw error
    }
  }

  #finish(attempted: Attempted): void {
    if (this.#finished.push(attempted) === 1) this.#run(this.#gather().then(() => this.#settle()))
  }

  async #gather(): Promise<void> {
    for (let turn = 0; turn < GATHER_TURNS && this.#finished.length < GATHER_MAX; turn += 1) {
      if (this.#finished.length + this.#settling.size === this.#claimed.size) return
      await new Promise(setImmediate)
    }
  }

  // What finishes together is settled in one transaction, which also claims what comes next.
  #settle(): void {
    const durability = this.#chooseDurability()
    for (const attempted of this.#finished.splice(0)) {
      const { message } = attempted
      this.#settling.add(message)
      const saved = saveAttempt(this.#deps, attempted, durability)
      this.#run(saved.finally(() => this.#settling.delete(message) && this.#claimed.delete(message)))
    }
    if (this.#isEnding) return
    const claim = this.#deps.db.writeGrouped(
      (tx) => claimDue(tx, this.#claiming(this.#claimed.difference(this.#settling))),
      'unsynced',
    )
    this.#run(claim.then((messages) => this.#goOn(messages)))
  }

  async #goOn(messages: readonly ClaimedMessage[]): Promise<void> {
    this.#isStorm = messages.length > 0
    if (this.#isStorm) await this.#begin(messages)
    else this.#sync()
  }

  #claiming(sending: ReadonlySet<ClaimedMessage>): Claiming {
    return { sending, limits: this.#limits, position: this.#position }
  }

  #chooseDurability(): Durability {
    const now = this.#deps.clock.elapsed()
    const since = this.#unsyncedSince
    const isSynced = !this.#isStorm || (since !== null && now - since >= SYNC_EVERY_MS)
    this.#unsyncedSince = isSynced ? null : (since ?? now)
    return isSynced ? 'synced' : 'unsynced'
  }

  #sync(): void {
    if (this.#unsyncedSince === null) return
    this.#deps.db.sync()
    this.#unsyncedSince = null
  }

  #run(work: Promise<unknown>): void {
    const done: Promise<void> = work
      .catch((error) => void this.#failures.push(error))
      .then(() => void this.#running.delete(done))
    this.#running.add(done)
  }
}
