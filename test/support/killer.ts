import type { Binary } from './binary.ts'

/** Kills commands of CronGuard at random moments. */
export class Killer {
  /** How many commands were killed; the others had ended before. */
  killed = 0
  readonly #cronguard: Binary
  /** Commands are killed within this time: as long as one takes. */
  #spanMs: number

  private constructor(cronguard: Binary, spanMs: number) {
    this.#cronguard = cronguard
    this.#spanMs = spanMs
  }

  /** Runs each command once, to see how long it takes. */
  static async prepare(cronguard: Binary, ...commands: string[][]): Promise<Killer> {
    let longest = 0
    for (const args of commands) {
      const startedAt = performance.now()
      const { exitCode, stderr } = await cronguard.run(args)
      if (exitCode !== 0) throw new Error(stderr)
      longest = Math.max(longest, performance.now() - startedAt)
    }
    return new Killer(cronguard, longest)
  }

  /** Runs a command and kills it at a random moment between two parts of its time, `from` and `to` (0 to 1). */
  async kill(args: string[], { from, to } = { from: 0, to: 1 }): Promise<void> {
    const afterMs = this.#spanMs * (from + Math.random() * (to - from))
    const { wasAlive, tookMs } = await this.#cronguard.runUntilKilled(args, afterMs)
    if (wasAlive) this.killed += 1
    else this.#spanMs = tookMs
  }
}
