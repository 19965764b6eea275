// Runs programs of the operator: without a shell and without arguments, in a process group that can be killed whole.
import { constants, type Stats } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface ProgramRun {
  folder: string
  /** A file in the folder. */
  name: string
  /** The only variables that the program gets. */
  environment: Readonly<Record<string, string>>
  timeoutMs: number
  /** How many bytes of its output to keep. The end is kept. */
  outputMax: number
}

/** `output`: standard output and standard error. */
export type ProgramResult =
  | { kind: 'unusable'; problem: string }
  | { kind: 'ended'; exitCode: number | null; signal: string | null; output: string; isCut: boolean }
  | { kind: 'timeout'; output: string; isCut: boolean }

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/
/** How long to read on after the program has ended, in case it left a process that keeps its output open. */
const DRAIN_MS = 500

/** Whether it can be the name of a file in a folder, and nothing else. */
export function isProgramName(name: string): boolean {
  return NAME.test(name)
}

export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const problem = await problemOf(run)
  if (problem !== null) return { kind: 'unusable', problem }
  const child = start(run)
  if (child === null) return { kind: 'unusable', problem: `${run.name} could not be started` }
  const said = new Tail(run.outputMax)
  const reading = Promise.all([said.read(child.stdout), said.read(child.stderr)])
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    killGroup(child.pid)
  }, run.timeoutMs)
  await child.exited
  clearTimeout(timer)
  await Promise.race([reading, Bun.sleep(DRAIN_MS)])
  // Nothing that it started in its group outlives it.
  killGroup(child.pid)
  said.stop()
  const output = { output: said.text(), isCut: said.isCut }
  if (isLate) return { kind: 'timeout', ...output }
  return {
    kind: 'ended',
    exitCode: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    ...output,
  }
}

function start({ folder, name, environment }: ProgramRun) {
  try {
    return Bun.spawn([join(folder, name)], {
      cwd: folder,
      env: { ...environment },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    })
  } catch {
    return null
  }
}

// Anyone who can write to the file or the folder could run anything as this user.
async function problemOf({ folder, name }: ProgramRun): Promise<string | null> {
  if (!isProgramName(name)) return 'The name of the program is invalid'
  const path = join(folder, name)
  try {
    const [inside, file] = [await stat(folder), await stat(path)]
    if (!file.isFile()) return `${name} is not a file`
    if (isWritableByAll(inside)) return 'Everyone can write to the folder of the programs'
    if (isWritableByAll(file)) return `Everyone can write to ${name}`
    await access(path, constants.X_OK)
    return null
  } catch {
    return `${name} does not exist or is not executable`
  }
}

function isWritableByAll({ mode }: Stats): boolean {
  return (mode & constants.S_IWOTH) !== 0
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // No process of the group is left.
  }
}

/** The end of what a program says. */
class Tail {
  readonly #max: number
  #bytes = Buffer.alloc(0)
  isCut = false
  readonly #readers: { cancel(): Promise<void> }[] = []

  constructor(max: number) {
    this.#max = max
  }

  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = stream.getReader()
    this.#readers.push(reader)
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const all = Buffer.concat([this.#bytes, value])
      this.isCut ||= all.length > this.#max
      this.#bytes = all.subarray(-this.#max)
    }
  }

  stop(): void {
    for (const reader of this.#readers) reader.cancel().catch(() => {})
  }

  /** Without half a character at its beginning. */
  text(): string {
    return this.#bytes.toString('utf8').replace(this.isCut ? /^\ufffd{1,3}/ : '', '')
  }
}
