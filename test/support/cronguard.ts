import { addUser } from '#actions/accounts.ts'
import { createChannel } from '#actions/channels.ts'
import { reclaimDeliveries } from '#actions/claims.ts'
import { type MonitorRef, saveMonitor } from '#actions/monitors.ts'
import { beginWatch, type Watch } from '#actions/process.ts'
import { createApiKey, projectsOf } from '#actions/projects.ts'
import { migrate } from '#actions/schema.ts'
import { readConfig } from '#config.ts'
import type { Deps } from '#deps.ts'
import type { ClockReading } from '#domain/gap.ts'
import { isGuessable, type Monitor, type MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { createLive, type Live } from '#http/live.tsx'
import { createRequestHandler, type RequestHandler } from '#http/server.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Log, LogFields } from '#lib/log.ts'
import { createChecker } from '#loops/checker.ts'
import { createConfirmer } from '#loops/confirmations.ts'
import type { Loop } from '#loops/index.ts'
import { createJobWatcher } from '#loops/job-events.ts'
import { createOutbox } from '#loops/outbox.ts'
import { createReminder } from '#loops/reminders.ts'
import { type Db, openDatabase } from '#store/database.ts'
import { listDeliveries } from '#store/deliveries.ts'
import { markStarted, markStopped } from '#store/heartbeat.ts'
import { listTransitions } from '#store/incidents.ts'
import { findMonitorByPingKey } from '#store/monitors.ts'
import { type FakeClock, fakeClock } from './clock.ts'
import { newOutside, type Outside } from './outside.ts'

// Hashing takes a tenth of a second, and few tests sign in.
const NO_PASSWORD = 'none'

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  event: string
  fields: LogFields
}

/** A complete server: real SQLite, real routes, real loops, with a fake clock and an inbox instead of the internet. */
export class TestGuard {
  readonly clock: FakeClock = fakeClock()
  readonly outside: Outside = newOutside()
  readonly log: LogLine[] = []
  readonly #path: string
  readonly #env: Record<string, string>
  #isAwake = true
  #running: { deps: Deps; live: Live; handler: RequestHandler; begin: () => Promise<void>; tick: () => Promise<void> }

  /** `env`: additional `CRONGUARD_` variables. */
  constructor({ path = ':memory:', env = {} }: { path?: string; env?: Record<string, string> } = {}) {
    this.#path = path
    this.#env = env
    this.#running = this.#start()
  }

  get deps(): Deps {
    return this.#running.deps
  }

  get db(): Db {
    return this.deps.db
  }

  /** Kills the process and starts it again at once: only the database survives. */
  restart(): Promise<void> {
    return this.goneFor(0)
  }

  /** Kills or stops the process, and starts it again after `ms`. */
  async goneFor(ms: number, how: 'killed' | 'stopped' = 'killed'): Promise<void> {
    this.db.write((tx) => (how === 'killed' ? markStarted(tx) : markStopped(tx, tx.now)))
    this.db.close()
    this.clock.advance(ms)
    this.#running = this.#start()
    await this.#running.begin()
  }

  /** The process does not run for `ms`, as on a sleeping machine; the next tick notices it. */
  sleep(ms: number): void {
    this.#isAwake = false
    this.clock.advance(ms)
  }

  /** Sets the clock of the machine, as a user or a time server does; the next tick notices it. */
  setClock(byMs: number): void {
    this.#isAwake = false
    this.clock.step(byMs)
  }

  stop(): void {
    this.db.close()
  }

  /** Lets time pass in steps, with a tick of every loop after each. */
  async pass(ms: number, stepMs = MINUTE): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed))
      await this.tick()
    }
  }

  tick(): Promise<void> {
    return this.#running.tick()
  }

  get live(): Live {
    return this.#running.live
  }

  get handler(): RequestHandler {
    return this.#running.handler
  }

  /** Sends an HTTP request. */
  async request(path: string, init: RequestInit = {}, peer: string | null = '192.0.2.7'): Promise<Response> {
    return await this.handler(new Request(`http://localhost${path}`, init), peer)
  }

  /** Pings like a job, and throws if the ping is refused. */
  async ping(monitor: { pingKey: string }, ending = '', init: RequestInit = {}): Promise<void> {
    const response = await this.request(`/ping/${monitor.pingKey}${ending}`, init)
    if (!response.ok) throw new Error(`The ping was answered ${response.status} ${await response.text()}`)
  }

  /** Creates a user, and returns their project. */
  project(email = 'alice@example.org'): Project {
    this.db.write((tx) => addUser(tx, { email, passwordHash: NO_PASSWORD, isAdmin: false }))
    const [project] = projectsOf(this.deps, email)
    if (!project) throw new Error('Every user has a project')
    return project
  }

  apiKey(project: Project, access: 'read-write' | 'read-only' = 'read-write'): string {
    return createApiKey(this.deps, { projectId: project.id, access, createdBy: null })
  }

  monitor(project: Project, change: MonitorChange & { name: string }, channelIds: string[] = []): Monitor {
    const { alias = '', ...rest } = change
    const isOld = isGuessable(alias)
    const saved = isOld ? rest : change
    const { monitor } = saveMonitor(this.deps, { projectId: project.id, match: null, change: saved, channelIds })
    return isOld ? this.#withOldAlias(monitor, alias) : monitor
  }

  // Older versions accepted guessable aliases.
  #withOldAlias(monitor: Monitor, alias: string): Monitor {
    this.db.write((tx) => tx.run('UPDATE monitors SET alias = $alias WHERE id = $id', { id: monitor.id, alias }))
    return this.now(monitor)
  }

  mailTo(project: Project, address: string): string {
    return this.channel(project, { kind: 'email', settings: { address } })
  }

  webhookTo(project: Project, url: string): string {
    return this.channel(project, { kind: 'webhook', settings: { url } })
  }

  channel(project: Project, channel: { kind: string; settings: unknown }): string {
    return createChannel(this.deps, { projectId: project.id, name: channel.kind, ...channel }).id
  }

  refOf(monitor: Monitor): MonitorRef {
    return { projectId: monitor.projectId, pingKey: monitor.pingKey }
  }

  /** The monitor as it is now. */
  now(monitor: { pingKey: string }): Monitor {
    const found = findMonitorByPingKey(this.db, monitor.pingKey)
    if (!found) throw new Error('The monitor was deleted')
    return found
  }

  /** The statuses it changed to, oldest first: "up", "down", ... */
  statuses(monitor: { id: number }): string[] {
    return listTransitions(this.db, { monitorId: monitor.id, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1000 })
      .map(({ to }) => to)
      .reverse()
  }

  deliveries(monitor: { id: number }) {
    return listDeliveries(this.db, { monitorId: monitor.id, limit: 1000 }).reverse()
  }

  #start() {
    const deps: Deps = {
      db: openDatabase({ path: this.#path, clock: this.clock, busyTimeoutMs: 1000 }),
      clock: this.clock,
      config: readConfig({ CRONGUARD_SECRET_KEY: 'a key that only tests know', ...this.#env }),
      log: this.#collectingLog(),
      outbound: this.outside.outbound,
      mailer: this.outside.mailer,
    }
    migrate(deps.db)
    const live = createLive(deps)
    const reminder = createReminder(deps)
    const jobWatcher = createJobWatcher(deps)
    const outbox = createOutbox(deps)
    const confirmer = createConfirmer(deps)
    let begun: { watch: Watch; checker: Loop } | null = null
    const begin = async (): Promise<void> => {
      reclaimDeliveries(deps)
      const watch = await beginWatch(deps)
      begun = { watch, checker: createChecker(deps, watch) }
    }
    const tick = async (): Promise<void> => {
      if (begun === null) await begin()
      else this.#markAlive(begun.watch)
      await begun?.checker.tick()
      await reminder.tick()
      await jobWatcher.tick()
      await outbox.tick()
      await outbox.settled()
      await confirmer.tick()
      await confirmer.settled()
      await live.tick()
    }
    return { deps, live, handler: createRequestHandler(deps, () => [], live), begin, tick }
  }

  // When a test moves the clock, the process ran all the time, unless the test called `sleep` or `setClock`.
  #markAlive(watch: Watch): void {
    if (this.#isAwake && watch.waitsSince === null)
      Object.assign(watch, { aliveAt: this.clock.now(), aliveElapsed: this.clock.elapsed(), seen: this.#clocks() })
    this.#isAwake = true
  }

  #clocks(): ClockReading {
    return { now: this.clock.now(), elapsed: this.clock.elapsed(), sinceBoot: this.clock.sinceBoot() }
  }

  #collectingLog(): Log {
    const at =
      (level: LogLine['level']) =>
      (event: string, fields: LogFields = {}): void => {
        this.log.push({ level, event, fields })
      }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}
