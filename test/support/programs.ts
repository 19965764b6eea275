import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program that is not part of CronGuard. If it is unavailable, its tests are skipped, and the reason is printed. */
export interface Program {
  path: string
  dispose(): void
}

/** Finds an installed program. */
export function findProgram(name: string): Program | null {
  const path = Bun.which(name)
  return path === null ? skipped(name, 'it is not installed') : { path, dispose: () => {} }
}

const BUILD_TIMEOUT_MS = 60_000
const GO_PLACES = ['/usr/local/go/bin/go', '/usr/lib/go/bin/go']

/** Builds a Go program such as `example.org/tool@v1.0.0` in a folder of its own, which `dispose` deletes. */
export async function buildGoProgram(module: string): Promise<Program | null> {
  const name = module.replace(/@.*/, '').split('/').at(-1) ?? ''
  const go = Bun.which('go') ?? GO_PLACES.find((place) => existsSync(place))
  if (go === undefined) return skipped(name, 'Go is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-go-'))
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  const problem = await install({ go, module, folder })
  if (problem === null) return { path: join(folder, 'bin', name), dispose }
  dispose()
  return skipped(name, problem)
}

interface Installation {
  go: string
  module: string
  folder: string
}

async function install({ go, module, folder }: Installation): Promise<string | null> {
  const child = Bun.spawn([go, 'install', module], {
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      GOPATH: folder,
      GOBIN: join(folder, 'bin'),
      GOCACHE: join(folder, 'cache'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
    },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    timeout: BUILD_TIMEOUT_MS,
  })
  const errors = await new Response(child.stderr).text()
  const exitCode = await child.exited
  if (exitCode === 0) return null
  if (child.signalCode !== null) return `Go did not build ${module} within ${BUILD_TIMEOUT_MS / 1000} seconds`
  return `Go could not build ${module}: ${errors.trim().split('\n').at(-1) ?? ''}`
}

const INSTALL_TIMEOUT_MS = 120_000

/** Installs a Python package such as `tool==1.0.0` in a folder of its own, which `dispose` deletes. */
export async function installPythonPackage(requirement: string): Promise<Program | null> {
  const name = requirement.replace(/==.*/, '')
  const python = Bun.which('python3')
  if (python === null) return skipped(name, 'Python is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-python-'))
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  const path = join(folder, 'bin/python')
  const commands = [
    [python, '-m', 'venv', folder],
    [path, '-m', 'pip', 'install', '--quiet', '--retries=1', '--disable-pip-version-check', requirement],
  ]
  for (const command of commands) {
    const problem = await runQuietly(command)
    if (problem === null) continue
    dispose()
    return skipped(name, problem)
  }
  return { path, dispose }
}

async function runQuietly(command: string[]): Promise<string | null> {
  const child = Bun.spawn(command, {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    timeout: INSTALL_TIMEOUT_MS,
  })
  const errors = await new Response(child.stderr).text()
  if ((await child.exited) === 0) return null
  return `${command.slice(1).join(' ')} failed: ${errors.trim().split('\n').at(-1) ?? ''}`
}

function skipped(name: string, reason: string): null {
  console.log(`The tests with ${name} are skipped: ${reason}.`)
  return null
}
