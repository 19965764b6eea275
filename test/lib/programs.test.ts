import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isProgramName, type ProgramRun, runProgram } from '#lib/programs.ts'
import { eventually } from '../support/binary.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-programs-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function install(name: string, script: string, mode = 0o755): void {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, mode)
}

function run(name: string, change: Partial<ProgramRun> = {}) {
  return runProgram({ folder, name, environment: {}, timeoutMs: 10_000, outputMax: 1000, ...change })
}

const isAlive = (pid: number): boolean => {
  // A process that no one has waited for yet has the state Z.
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('runProgram', () => {
  test('returns the exit code and all output', async () => {
    install('notify', 'echo out; echo err >&2; exit 3')
    const result = await run('notify')
    expect(result).toMatchObject({ kind: 'ended', exitCode: 3, signal: null, isCut: false })
    expect(result.kind === 'ended' && result.output.split('\n').sort()).toEqual(['', 'err', 'out'])
  })

  test('passes no arguments, no input and no other variables', async () => {
    process.env.SECRET_OF_THE_SERVER = 'hunter2'
    install('notify', 'echo "$#"; cat; env | cut -d= -f1 | sort')
    const result = await run('notify', { environment: { PATH: '/usr/bin:/bin', ALERT_STATUS: 'down' } })
    delete process.env.SECRET_OF_THE_SERVER
    const names = result.kind === 'ended' ? result.output.trim().split('\n') : []
    // The shell adds PWD, and some shells also _, OLDPWD and SHLVL.
    expect(names.filter((name) => !['PWD', '_', 'OLDPWD', 'SHLVL'].includes(name))).toEqual([
      '0',
      'ALERT_STATUS',
      'PATH',
    ])
  })

  test.each([
    '$(touch ran)',
    '`touch ran`',
    '; touch ran',
    "'; touch ran; '",
    '() { :; }; touch ran',
    '-rf /',
    '\n touch ran',
  ])('passes %j as a value that nothing runs', async (value) => {
    install('notify', 'printf %s "$ALERT_MONITOR"; ls "$PWD"')
    const result = await run('notify', { environment: { PATH: '/usr/bin:/bin', ALERT_MONITOR: value } })
    expect(result).toMatchObject({ kind: 'ended', exitCode: 0, output: `${value}notify\n` })
  })

  test('kills the program and its children at the timeout', async () => {
    install('notify', `sleep 300 & echo $! > "${join(folder, 'child')}"; echo started; wait`)
    const startedAt = performance.now()
    expect(await run('notify', { timeoutMs: 500 })).toEqual({ kind: 'timeout', output: 'started\n', isCut: false })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    const child = Number(readFileSync(join(folder, 'child'), 'utf8'))
    await eventually('the child to end', () => !isAlive(child))
  })

  test('kills the children of a program that ended before them', async () => {
    install('notify', `sleep 300 & echo $! > "${join(folder, 'child')}"`)
    expect(await run('notify')).toMatchObject({ kind: 'ended', exitCode: 0 })
    const child = Number(readFileSync(join(folder, 'child'), 'utf8'))
    await eventually('the child to end', () => !isAlive(child))
  })

  test('keeps the end of the output', async () => {
    install('notify', 'head -c 5000000 /dev/zero | tr "\\0" x; printf "é end"')
    const result = await run('notify')
    expect(result).toMatchObject({ kind: 'ended', exitCode: 0, isCut: true })
    expect(result.kind === 'ended' && result.output).toBe(`${'x'.repeat(994)}é end`)
  })

  test('says which signal ended the program', async () => {
    install('notify', 'kill -SEGV $$')
    expect(await run('notify')).toMatchObject({ kind: 'ended', signal: 'SIGSEGV' })
  })

  test.each([
    ['is missing', 'other', () => {}],
    ['is not executable', 'notify', () => install('notify', 'true', 0o644)],
    ['is a folder', 'notify', () => mkdirSync(join(folder, 'notify'))],
    ['is writable by everyone', 'notify', () => install('notify', 'true', 0o777)],
    ['has a path for a name', '../notify', () => {}],
    [
      'has no interpreter',
      'notify',
      () => {
        writeFileSync(join(folder, 'notify'), '#!/nowhere/interpreter\n')
        chmodSync(join(folder, 'notify'), 0o755)
      },
    ],
  ])('runs no program that %s', async (_what, name, prepare) => {
    prepare()
    expect(await run(name)).toMatchObject({ kind: 'unusable' })
  })

  test('runs nothing from a folder that is writable by everyone', async () => {
    install('notify', 'true')
    chmodSync(folder, 0o777)
    expect(await run('notify')).toMatchObject({ kind: 'unusable' })
  })
})

test.each([
  ['notify', true],
  ['on-call_2.sh', true],
  ['', false],
  ['.', false],
  ['..', false],
  ['../sh', false],
  ['/bin/sh', false],
  ['a/b', false],
  ['.hidden', false],
  ['-c', false],
  ['notify now', false],
  ['notify;reboot', false],
  ['notify\n', false],
  ['notify\0', false],
  ['x'.repeat(101), false],
])('isProgramName: %j is %p', (name, isName) => {
  expect(isProgramName(name)).toBe(isName)
})
