import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialNames } from '#config.ts'
import { execute } from '../support/binary.ts'
import { findProgram } from '../support/programs.ts'
import { ROOT } from '../support/source.ts'

/** Out of 10, of which less is better. */
const EXPOSURE_MAX = 1.5
/** For how long the lines for a crontab try to report: 1, 2, 4, 8 and 16 seconds lie between their tries. */
const PATIENCE_SECONDS = 31

const analyze = findProgram('systemd-analyze')
const shellcheck = findProgram('shellcheck')
const unit = readFileSync(join(ROOT, 'cronguard.service'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'cronguard-unit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the unit says for a name, once for each time. */
function valuesOf(name: string): string[] {
  return unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []))
}

describe('cronguard.service', () => {
  test.skipIf(analyze === null)('is exposed as little as it can be', async () => {
    const path = join(ROOT, 'cronguard.service')
    const { stdout } = await execute(['systemd-analyze', 'security', '--offline=true', '--no-pager', path])
    const exposure = Number(/Overall exposure level for cronguard.service: ([\d.]+)/.exec(stdout)?.[1])
    expect(exposure).toBeLessThanOrEqual(EXPOSURE_MAX)
  })

  // The executable is not installed where the tests run, so another one stands for it.
  test.skipIf(analyze === null)('is understood by systemd, every word of it', async () => {
    const path = join(folder, 'cronguard.service')
    writeFileSync(path, unit.replace('/usr/local/bin/cronguard', process.execPath))
    expect(await execute(['systemd-analyze', 'verify', path])).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('waits for word that CronGuard is ready, and starts it again when it hangs or ends', () => {
    expect(valuesOf('Type')).toEqual(['notify'])
    const watchdog = Number(valuesOf('WatchdogSec')[0])
    expect(watchdog).toBeGreaterThan(0)
    expect(watchdog).toBeLessThan(PATIENCE_SECONDS)
    expect([valuesOf('Restart'), valuesOf('StartLimitIntervalSec')]).toEqual([['always'], ['0']])
  })

  test('does not stop the compiler that makes it fast, or the memory that it only reserves', () => {
    expect([valuesOf('MemoryDenyWriteExecute'), valuesOf('LimitAS')]).toEqual([[], []])
  })

  test('lets it read the age of the machine, by which it tells that the clock was set', () => {
    expect(valuesOf('ProcSubset')).toEqual([])
  })

  test('lets no environment run other code inside it', () => {
    expect(valuesOf('UnsetEnvironment').join(' ')).toContain('BUN_BE_BUN BUN_OPTIONS')
  })

  test('hands over every secret, none of which must be there', () => {
    const expected = credentialNames().map((name) => `${name}:cronguard.${name}`)
    expect(valuesOf('LoadCredential').sort()).toEqual(expected.sort())
  })
})

describe('install.sh', () => {
  test.skipIf(shellcheck === null)('has nothing that shellcheck would mend', async () => {
    const checked = await execute(['shellcheck', '--enable=check-unassigned-uppercase', join(ROOT, 'install.sh')])
    expect(checked).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('is for every POSIX shell, stops at the first mistake, and begins with its last line', () => {
    const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')
    expect(script).toStartWith('#!/bin/sh\n')
    expect(script).toContain('\nset -eu\n')
    expect(script).toEndWith('\nmain "$@"\n')
  })
})
