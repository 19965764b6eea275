import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialNames } from '#config.ts'
import { execute } from '../support/binary.ts'
import { findProgram } from '../support/programs.ts'
import { ROOT } from '../support/source.ts'

/** From 0 to 10; lower is better. */
const EXPOSURE_MAX = 1.5
/** How long the documented crontab lines retry: with pauses of 1, 2, 4, 8 and 16 seconds. */
const PATIENCE_SECONDS = 31

const analyze = findProgram('systemd-analyze')
const shellcheck = findProgram('shellcheck')
const unit = readFileSync(join(ROOT, 'cronguard.service'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'cronguard-unit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** All values of a setting in the unit. */
function valuesOf(name: string): string[] {
  return unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []))
}

describe('cronguard.service', () => {
  test.skipIf(analyze === null)('has a low exposure level in systemd-analyze security', async () => {
    const path = join(ROOT, 'cronguard.service')
    const { stdout } = await execute(['systemd-analyze', 'security', '--offline=true', '--no-pager', path])
    const exposure = Number(/Overall exposure level for cronguard.service: ([\d.]+)/.exec(stdout)?.[1])
    expect(exposure).toBeLessThanOrEqual(EXPOSURE_MAX)
  })

  // The executable is not installed where the tests run, so another one replaces it.
  test.skipIf(analyze === null)('passes systemd-analyze verify', async () => {
    const path = join(folder, 'cronguard.service')
    writeFileSync(path, unit.replace('/usr/local/bin/cronguard', process.execPath))
    expect(await execute(['systemd-analyze', 'verify', path])).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('waits until CronGuard is ready, and restarts it when it hangs or ends', () => {
    expect(valuesOf('Type')).toEqual(['notify'])
    const watchdog = Number(valuesOf('WatchdogSec')[0])
    expect(watchdog).toBeGreaterThan(0)
    expect(watchdog).toBeLessThan(PATIENCE_SECONDS)
    expect([valuesOf('Restart'), valuesOf('StartLimitIntervalSec')]).toEqual([['always'], ['0']])
  })

  test('does not restrict the JIT compiler or reserved memory', () => {
    expect([valuesOf('MemoryDenyWriteExecute'), valuesOf('LimitAS')]).toEqual([[], []])
  })

  test('lets CronGuard read the uptime of the machine, by which it detects clock changes', () => {
    expect(valuesOf('ProcSubset')).toEqual([])
  })

  test('unsets the variables that would run other code inside it', () => {
    expect(valuesOf('UnsetEnvironment').join(' ')).toContain('BUN_BE_BUN BUN_OPTIONS')
  })

  test('loads every credential, all of them optional', () => {
    const expected = credentialNames().map((name) => `${name}:cronguard.${name}`)
    expect(valuesOf('LoadCredential').sort()).toEqual(expected.sort())
  })
})

describe('install.sh', () => {
  test.skipIf(shellcheck === null)('passes shellcheck', async () => {
    const checked = await execute(['shellcheck', '--enable=check-unassigned-uppercase', join(ROOT, 'install.sh')])
    expect(checked).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('runs in every POSIX shell, stops at the first error, and starts on its last line', () => {
    const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')
    expect(script).toStartWith('#!/bin/sh\n')
    expect(script).toContain('\nset -eu\n')
    expect(script).toEndWith('\nmain "$@"\n')
  })
})
