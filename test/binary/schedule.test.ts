import { beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { buildBinary, execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

const next = (...args: string[]) => execute([join(ROOT, 'dist/cronguard'), 'schedule', 'next', ...args])

describe('cronguard schedule next', () => {
  beforeAll(buildBinary, 60_000)

  test('prints the times as JSON', async () => {
    const { stdout, exitCode } = await next(
      '0 3 * * *',
      '--tz',
      'Europe/Kiev',
      '--from',
      '2026-03-28T12:00:00Z',
      '--count',
      '2',
      '--json',
    )
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, ['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z']])
  })

  test('prints the schedule in words, and the times in the zone', async () => {
    const { stdout } = await next(
      'daily at 3am',
      '--tz',
      'Europe/Riga',
      '--from',
      '2026-03-29T12:00:00Z',
      '--count',
      '1',
    )
    expect(stdout).toBe('every day at 03:00\n2026-03-30T00:00:00Z  30 Mar 2026, 03:00:00 Europe/Riga\n')
  })

  test.each([
    [['every blue monday'], 'blue'],
    [['0 3 * *'], 'five fields'],
    [['0 3 * * *', '--tz', 'GMT+3'], 'is not a time zone'],
    [['0 3 * * *', '--from', 'yesterday'], '--from'],
    [['0 3 * * *', '--count', '0'], '--count'],
  ])('refuses %p with a sentence and exit code 2', async (args, words) => {
    const { exitCode, stderr } = await next(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
  })
})
