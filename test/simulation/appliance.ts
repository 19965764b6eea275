// The real CronGuard: real database, routes, checker, outbox and heartbeat, with a simulated clock and network. It can
// be killed with messages under way, put to sleep, and its disk can refuse writes.
import { addUser } from '#actions/accounts.ts'
import { createChannel } from '#actions/channels.ts'
import { reclaimDeliveries } from '#actions/claims.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { beginWatch, endWatch, type Watch } from '#actions/process.ts'
import { projectsOf } from '#actions/projects.ts'
import { migrate } from '#actions/schema.ts'
import { readConfig } from '#config.ts'
import type { Deps } from '#deps.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import { createLive } from '#http/live.tsx'
import { createRequestHandler, type RequestHandler } from '#http/server.ts'
import type { Log } from '#lib/log.ts'
import { createChecker } from '#loops/checker.ts'
import { createHeartbeat } from '#loops/heartbeat.ts'
import type { Loop } from '#loops/index.ts'
import { createOutbox } from '#loops/outbox.ts'
import { openDatabase } from '#store/database.ts'
import type { Time } from './oracle.ts'
import type { Receivers } from './receivers.ts'
import type { WorldClock } from './world-clock.ts'

interface Process {
  deps: Deps
  handler: RequestHandler
  watch: Watch
  loops: { checker: Loop; outbox: Loop; heartbeat: Loop }
  startedAt: number
}

export interface SimulatedChannel {
  project: string
  name: string
  kind: string
  settings: unknown
  notifiesGaps: boolean
}

const HEARTBEAT_MS = 5000

const silent = (): void => {}
const SILENCE: Log = { debug: silent, info: silent, warn: silent, error: silent }

export class Appliance {
  readonly #path: string
  readonly #clock: WorldClock
  readonly #receivers: Receivers
  #process: Process | null = null

  constructor({ path, clock, receivers }: { path: string; clock: WorldClock; receivers: Receivers }) {
    this.#path = path
    this.#clock = clock
    this.#receivers = receivers
  }

  get deps(): Deps {
    return this.#running.deps
  }

  get isWaiting(): boolean {
    return this.#running.watch.waitsSince !== null
  }

  async start(): Promise<void> {
    const deps: Deps = {
      db: openDatabase({ path: this.#path, clock: this.#clock, busyTimeoutMs: 1000 }),
      clock: this.#clock,
      config: readConfig({ CRONGUARD_SECRET_KEY: 'a key that only the simulation knows' }),
      log: SILENCE,
      outbound: this.#receivers.outbound,
      mailer: this.#receivers.mailer,
    }
    migrate(deps.db)
    reclaimDeliveries(deps)
    const watch = await beginWatch(deps)
    const loops = {
      checker: createChecker(deps, watch),
      outbox: createOutbox(deps),
      heartbeat: createHeartbeat(deps, watch),
    }
    const handler = createRequestHandler(deps, () => [], createLive(deps))
    this.#process = { deps, watch, loops, handler, startedAt: this.#clock.true }
  }

  /** Killed: nothing more is written, and messages under way are cut off. */
  kill(): void {
    this.deps.db.close()
    this.#process = null
    this.#receivers.breakOff()
  }

  /** Stopped; messages under way are cut off, as after the time limit of a stop. Returns whether that was recorded. */
  stop(): boolean {
    let isNoted = true
    try {
      endWatch(this.deps, this.#clock.now())
    } catch {
      isNoted = false
    }
    this.kill()
    return isNoted
  }

  setDisk(isHealthy: boolean): void {
    this.deps.db.get(`PRAGMA query_only = ${isHealthy ? 0 : 1}`)
  }

  async check(): Promise<void> {
    await this.#running.loops.checker.tick().catch(expectRefusal)
  }

  async send(): Promise<void> {
    await this.#running.loops.outbox.tick().catch(expectRefusal)
    await this.#receivers.quiet()
  }

  /** Writes a heartbeat. Returns whether the disk accepted it. */
  async beat(): Promise<boolean> {
    let isTaken = true
    await this.#running.loops.heartbeat.tick().catch((error) => {
      isTaken = false
      expectRefusal(error)
    })
    return isTaken
  }

  /**
   * CronGuard ran normally since the last call: replaces all the heartbeats it wrote meanwhile. Returns the time of
   * the last one, by the clock and by the monotonic clock.
   */
  livedOn(): Pick<Time, 'wall' | 'elapsed'> {
    const { watch, startedAt } = this.#running
    const sinceMs = (this.#clock.true - startedAt) % HEARTBEAT_MS
    watch.aliveAt = Math.max(watch.aliveAt, this.#clock.now() - sinceMs)
    watch.aliveElapsed = Math.max(watch.aliveElapsed, this.#clock.elapsed() - sinceMs)
    watch.steppedMs = 0
    watch.seen = { now: this.#clock.now(), elapsed: this.#clock.elapsed(), sinceBoot: this.#clock.sinceBoot() }
    return { wall: watch.aliveAt, elapsed: watch.aliveElapsed }
  }

  /** Writes the last heartbeat to the disk. */
  saveHeartbeat(): void {
    const { deps, watch } = this.#running
    deps.db.write((tx) => tx.run('UPDATE heartbeat SET alive_at = $aliveAt', { aliveAt: watch.aliveAt }))
  }

  /** True time of the next heartbeat. */
  nextHeartbeatAt(): number {
    const { startedAt } = this.#running
    return startedAt + (Math.floor((this.#clock.true - startedAt) / HEARTBEAT_MS) + 1) * HEARTBEAT_MS
  }

  async ping(pingKey: string, ending: string): Promise<number> {
    const response = await this.#running.handler(new Request(`http://localhost/ping/${pingKey}${ending}`), '192.0.2.7')
    await response.text()
    return response.status
  }

  addProject(email: string): string {
    this.deps.db.write((tx) => addUser(tx, { email, passwordHash: 'none', isAdmin: false }))
    const [project] = projectsOf(this.deps, email)
    if (project === undefined) throw new Error('A user has a project of their own')
    return project.id
  }

  addChannel({ project, ...channel }: SimulatedChannel): string {
    return createChannel(this.deps, { projectId: project, ...channel }).id
  }

  addMonitor(projectId: string, change: MonitorChange & { name: string }, channelIds: string[]): Monitor {
    return saveMonitor(this.deps, { projectId, match: null, change, channelIds }).monitor
  }

  get #running(): Process {
    if (this.#process === null) throw new Error('CronGuard does not run')
    return this.#process
  }
}

function expectRefusal(error: unknown): void {
  const errors = error instanceof AggregateError ? error.errors : [error]
  const unexpected = errors.find((one) => !(one instanceof Error) || one.name !== 'StorageRefusedError')
  if (unexpected !== undefined) throw unexpected
}
