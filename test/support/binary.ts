import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './source.ts'

export const EXECUTABLE = join(ROOT, 'dist/cronguard')
const START_TIMEOUT_MS = 20_000

let built: Promise<void> | undefined

/** Builds the executable, once for all tests of a run. */
export function buildBinary(): Promise<void> {
  built ??= build()
  return built
}

async function build(): Promise<void> {
  const { exitCode, stderr } = await execute([process.execPath, 'run', 'build'], { cwd: ROOT })
  if (exitCode !== 0) throw new Error(`The build failed: ${stderr}`)
}

export interface Executed {
  exitCode: number
  stdout: string
  stderr: string
}

/** Runs a program and waits for its end. */
export async function execute(
  command: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Executed> {
  const child = Bun.spawn(command, {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, ...options.env },
    stdin: new TextEncoder().encode(options.input ?? ''),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { exitCode, stdout, stderr }
}

/** The real executable with a data folder and a port of its own. */
export class Binary {
  readonly folder: string
  readonly port: number
  readonly #env: Record<string, string>
  #child: Bun.Subprocess<'ignore', 'ignore', Bun.BunFile> | undefined

  private constructor({ folder, port, env }: { folder: string; port: number; env: Record<string, string> }) {
    this.folder = folder
    this.port = port
    this.#env = { CRONGUARD_DATA_DIR: join(folder, 'data'), CRONGUARD_PORT: String(port), ...env }
  }

  static async prepare(env: Record<string, string> = {}, folder = mkdtempSync(join(tmpdir(), 'cronguard-'))) {
    await buildBinary()
    return new Binary({ folder, port: await freePort(), env })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get logPath(): string {
    return join(this.folder, 'log')
  }

  get databasePath(): string {
    return join(this.folder, 'data', 'cronguard.db')
  }

  /** Starts the server, and waits until it is healthy, or answers at another path. */
  async start(path = '/health'): Promise<void> {
    this.#child = Bun.spawn([EXECUTABLE], {
      cwd: this.folder,
      env: { ...process.env, ...this.#env },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: Bun.file(this.logPath),
    })
    const deadline = performance.now() + START_TIMEOUT_MS
    while (!(await this.#answersAt(path))) {
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`CronGuard did not start: ${await Bun.file(this.logPath).text()}`)
      }
      await Bun.sleep(20)
    }
  }

  /** Ends the process with a signal and waits; returns its exit code, or null if it was killed. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child?.kill(signal)
    await this.#child?.exited
    return this.#child?.exitCode ?? null
  }

  /** Runs a command, also next to a running server. */
  run(args: string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<Executed> {
    return execute([EXECUTABLE, ...args], {
      cwd: this.folder,
      ...options,
      env: { ...this.#env, ...options.env },
    })
  }

  /** Runs a command and kills it after this time; returns whether it was still running, and how long it ran. */
  async runUntilKilled(args: string[], afterMs: number): Promise<{ wasAlive: boolean; tookMs: number }> {
    const startedAt = performance.now()
    const child = Bun.spawn([EXECUTABLE, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    await Promise.race([child.exited, Bun.sleep(afterMs)])
    const wasAlive = child.exitCode === null
    child.kill('SIGKILL')
    await child.exited
    return { wasAlive, tookMs: performance.now() - startedAt }
  }

  /** Opens the database, also next to a running server. */
  withDatabase<T>(work: (database: Database) => T): T {
    const database = new Database(this.databasePath, { readwrite: true })
    database.run('PRAGMA busy_timeout = 10000')
    try {
      return work(database)
    } finally {
      database.close()
    }
  }

  async api(path: string, { key, body, method }: { key: string; body?: unknown; method?: string }) {
    const response = await fetch(`${this.url}/api/v3${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { 'X-Api-Key': key },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`)
    return JSON.parse(await response.text())
  }

  async dispose(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #answersAt(path: string): Promise<boolean> {
    try {
      return (await fetch(`${this.url}${path}`)).ok
    } catch {
      return false
    }
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Waits until `look` returns something truthy; throws after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`Timed out waiting for ${what}`)
    await Bun.sleep(25)
  }
}
