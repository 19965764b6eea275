// A container of systemd-nspawn with a real systemd as PID 1. Its root is a Debian that is created once, outside the
// project. The container only reads it: writes go to memory, and are lost when it ends.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Executed, eventually, execute } from './binary.ts'
import { ROOT } from './source.ts'

const PACKAGES = 'systemd-sysv,dbus,curl,wget,sudo,tzdata,cron,iproute2'
const MIRROR = 'http://deb.debian.org/debian'
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cronguard-tests')
const MAKE_TIMEOUT_MS = 300_000
const BOOT_TIMEOUT_MS = 30_000
/** The project inside the container, read-only. */
export const SOURCE = '/source'
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Debian 12 has systemd 252, Debian 13 has 257. */
export type Suite = 'bookworm' | 'trixie'

export class Appliance {
  readonly #child: Bun.Subprocess
  #init = 0

  private constructor(root: string) {
    // However the tests end, the kernel ends the container: first `unshare` with its parent, and with that the
    // whole process namespace. Mounts are made in a mount namespace that ends with it.
    const own = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
    // --boot requires a terminal.
    const nspawn = `systemd-nspawn -D ${root} --boot --volatile=overlay --private-network --register=no --keep-unit \
      --bind-ro=${ROOT}:${SOURCE}`
    this.#child = Bun.spawn([...own, '--mount', 'script', '-qec', nspawn, '/dev/null'], {
      env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
      stdio: ['ignore', 'ignore', 'ignore'],
    })
  }

  /** Null if no container can be booted; the reason is printed. */
  static async open(suite: Suite = 'bookworm'): Promise<Appliance | null> {
    const root = await makeRoot(suite)
    if (typeof root !== 'string') return skipped(root.problem)
    const appliance = new Appliance(root)
    try {
      await appliance.#boot()
      return appliance
    } catch (error) {
      await appliance.dispose()
      return skipped(error instanceof Error ? error.message : String(error))
    }
  }

  /** Runs a program inside, as root. */
  run(command: string[], { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}) {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const enter = ['nsenter', '--all', '--target', String(this.#init), '--wdns=/root']
    return execute([...enter, 'env', '-i', PATH, 'HOME=/root', ...variables, ...command], { input })
  }

  /** Runs a shell script inside and throws if it fails; returns its output. */
  async shell(script: string, options: { input?: string } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(['timeout', '60', 'sh', '-ec', script], options)
    if (exitCode !== 0) throw new Error(`\`${script}\` ended with ${exitCode}: ${stdout}${stderr}`)
    return stdout
  }

  async write(path: string, content: string): Promise<void> {
    await this.shell(`mkdir -p "$(dirname ${path})" && cat >${path}`, { input: content })
  }

  /** Installs the executable of this project with its install.sh. */
  async install(...args: string[]): Promise<string> {
    return await this.shell(`cd / && sh ${SOURCE}/install.sh ${SOURCE}/dist/cronguard ${args.join(' ')} 2>&1`)
  }

  /** A property of a unit. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.shell(`systemctl show --property=${name} --value ${unit}`)).trim()
  }

  /** The journal of a unit, without times. */
  async journal(unit: string): Promise<string> {
    return await this.shell(`journalctl --sync && journalctl --unit ${unit} --output cat --no-pager`)
  }

  /** Ends every process of the container. Nothing was written to the disk, so nothing is left. */
  async dispose(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
  }

  async #boot(): Promise<void> {
    this.#init = await eventually('a container to boot', () => this.#findInit(), BOOT_TIMEOUT_MS)
    await eventually('systemd in the container', () => this.#isUp(), BOOT_TIMEOUT_MS)
  }

  // Finds the descendant that is process 1 in a namespace below that of `unshare`.
  #findInit(): number | null {
    if (this.#child.exitCode !== null) throw new Error(`the container ended with ${this.#child.exitCode}`)
    return descendants(this.#child.pid).find(isInit) ?? null
  }

  async #isUp(): Promise<boolean> {
    const { stdout }: Executed = await this.run(['systemctl', 'is-system-running'])
    return /^(running|degraded)$/.test(stdout.trim())
  }
}

function descendants(pid: number): number[] {
  const children = readProc(pid, `task/${pid}/children`).trim()
  return children === '' ? [] : children.split(' ').flatMap((child) => [Number(child), ...descendants(Number(child))])
}

const NAMESPACES_OF_INIT = 3

function isInit(pid: number): boolean {
  const ids = /^NSpid:\s+(.*)$/m.exec(readProc(pid, 'status'))?.[1]?.split(/\s+/) ?? []
  return ids.length >= NAMESPACES_OF_INIT && ids.at(-1) === '1' && readProc(pid, 'comm').trim() === 'systemd'
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

const roots = new Map<Suite, Promise<string | { problem: string }>>()

/** The root folder of a Debian, created at the first call on this machine. */
function makeRoot(suite: Suite): Promise<string | { problem: string }> {
  const made = roots.get(suite) ?? debootstrap(suite)
  roots.set(suite, made)
  return made
}

async function debootstrap(suite: Suite): Promise<string | { problem: string }> {
  const tools = ['systemd-nspawn', 'nsenter', 'unshare', 'setpriv', 'script']
  const missing = tools.find((tool) => Bun.which(tool) === null)
  if (missing) return { problem: `the machine has no ${missing}` }
  if (process.getuid?.() !== 0) return { problem: 'they need root' }
  const root = join(CACHE, `${suite}-${Bun.hash(PACKAGES).toString(16)}`)
  if (existsSync(root)) return root
  if (Bun.which('mmdebstrap') === null) return { problem: 'the machine has no mmdebstrap' }
  mkdirSync(CACHE, { recursive: true, mode: 0o700 })
  await discardLeftovers()
  const partial = `${root}.${process.pid}`
  const problem = await make(suite, partial)
  if (problem === null && !existsSync(root)) renameSync(partial, root)
  else await discard(partial)
  return problem === null ? root : { problem }
}

// Mounts are in a namespace of their own, so none is ever left in the folder.
async function make(suite: Suite, folder: string): Promise<string | null> {
  const debian = ['mmdebstrap', '--quiet', '--mode=root', '--variant=minbase', `--include=${PACKAGES}`, suite]
  const child = Bun.spawn(['unshare', '--mount', ...debian, folder, MIRROR], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: MAKE_TIMEOUT_MS,
  })
  const said = (await new Response(child.stderr).text()).trim().split('\n').at(-1)
  return (await child.exited) === 0 ? null : `Debian could not be fetched: ${said ?? ''}`
}

// Deletes the roots of runs that were killed while creating them.
async function discardLeftovers(): Promise<void> {
  for (const name of readdirSync(CACHE)) {
    const pid = /\.(\d+)$/.exec(name)?.[1]
    if (pid && !existsSync(`/proc/${pid}`)) await discard(join(CACHE, name))
  }
}

async function discard(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
  if (mounts.includes(` ${folder}`)) throw new Error(`Something is mounted below ${folder}.`)
  await execute(['rm', '--recursive', '--force', '--one-file-system', folder])
}

function skipped(reason: string): null {
  console.log(`The tests under a real systemd are skipped: ${reason}.`)
  return null
}
