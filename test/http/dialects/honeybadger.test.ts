import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { ALIAS, Moved } from '../../support/moved.ts'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['HONEYBADGER'])
})

afterEach(() => moved.stop())

const post = (checkIn: unknown, headers: Record<string, string> = { 'Content-Type': 'application/json' }) =>
  moved.answer(`/v1/check_in/${ALIAS}`, {
    method: 'POST',
    headers,
    body: typeof checkIn === 'string' ? checkIn : JSON.stringify(checkIn),
  })

describe('Honeybadger check-in', () => {
  test('records a success by alias, ping key or slug', async () => {
    for (const path of [ALIAS, moved.backup.pingKey, `${moved.project.pingKey}/backup`]) {
      expect(await moved.answer(`/v1/check_in/${path}`)).toEqual([200, 'OK'])
    }
    expect(moved.kinds()).toEqual(['success', 'success', 'success'])
  })

  test.each(['c0ffee0000', 'c0ffee0000/backup'])('%s answers 404 in plain text', async (path) => {
    expect(await moved.answer(`/v1/check_in/${path}`)).toEqual([404, 'not found'])
  })

  test.each(['', '/', '/a.b', `/${ALIAS}/backup/more`])('answers 404 with %p after /v1/check_in', async (ending) => {
    expect((await moved.answer(`/v1/check_in${ending}`))[0]).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('creates no monitor', async () => {
    expect(await moved.answer(`/v1/check_in/${moved.project.pingKey}/nightly-report`)).toEqual([404, 'not found'])
  })
})

describe('Honeybadger check-in with a body', () => {
  const reports: [checkIn: unknown, kind: string, exitStatus: number | null, body: string][] = [
    [{ status: 'success' }, 'success', null, ''],
    [{ status: 'success', duration: 1200, exit_code: 0, stdout: '42 rows' }, 'success', 0, '42 rows'],
    [{ status: 'error', exit_code: 2, stdout: 'copying', stderr: 'no space' }, 'fail', 2, 'copying\nno space'],
    [{ status: 'error', exit_code: -1 }, 'fail', null, ''],
    [{ exit_code: 3 }, 'fail', 3, ''],
    [{ exit_code: '3' }, 'fail', 3, ''],
    [{ exit_code: '0' }, 'success', 0, ''],
    [{ exit_code: 'none' }, 'fail', null, ''],
    [{ exit_code: 300 }, 'fail', null, ''],
    [{ stdout: 'fine', stderr: null }, 'success', null, 'fine'],
    [{}, 'success', null, ''],
  ]
  test.each(reports)('%j is a %s', async (checkIn, kind, exitStatus, body) => {
    expect(await post({ check_in: checkIn })).toEqual([200, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind, exitStatus, body }])
  })

  const odd: [what: string, sent: unknown, kind: string][] = [
    ['a list', [{ check_in: { status: 'error' } }], 'fail'],
    ['a list with one failure', [{ check_in: { status: 'success' } }, { check_in: { status: 'error' } }], 'fail'],
    ['a list of successes', [{ check_in: { status: 'success' } }], 'success'],
    ['a list inside check_in', { check_in: [{ status: 'success' }, { status: 'error' }] }, 'fail'],
    ['only the status', { check_in: 'error' }, 'fail'],
    ['no check_in around it', { status: 'error' }, 'fail'],
    ['an exit status beside an unknown word', { check_in: { status: 'down', exit_code: 3 } }, 'fail'],
    ['an unknown word', { check_in: { status: 'down' } }, 'log'],
    ['a number', { check_in: { status: 5 } }, 'log'],
    ['null as check_in', { check_in: null }, 'log'],
    ['an empty list', [], 'log'],
    ['a list of null', [null], 'log'],
    ['something else', { rows: 42 }, 'log'],
    ['a check_in too deep', { data: { check_in: { status: 'error' } } }, 'log'],
    ['only a number', '5', 'log'],
    ['truncated JSON', '{"check_in":{"status":"error"', 'log'],
    ['a truncated list', '[{"check_in":{"status":"error"}', 'log'],
    ['45,000 lists inside each other', `${'['.repeat(45_000)}${']'.repeat(45_000)}`, 'log'],
    ['null', 'null', 'success'],
    ['an empty object', {}, 'success'],
  ]
  test.each(odd)('that is %s is recorded as it says, and never guessed to be a success', async (_, sent, kind) => {
    expect(await post(sent)).toEqual([200, 'OK'])
    expect(moved.kinds()).toEqual([kind as 'log'])
  })

  test('is read to the end, however long it is', async () => {
    for (const megabytes of [0.12, 8]) {
      const stdout = 'copied [1, {2}, "3"]\n'.repeat((megabytes * 1_000_000) / 22)
      await post({ check_in: { stdout, duration: 1500, status: 'error' } })
    }
    expect(moved.pings()).toMatchObject([
      { kind: 'fail', durationMs: 1500 },
      { kind: 'fail', durationMs: 1500 },
    ])
    expect(moved.pings()[1]?.body).toHaveLength(100_000)
  })

  test('is read when compressed', async () => {
    const body = gzipSync(JSON.stringify({ check_in: { status: 'error', stdout: 'x'.repeat(500_000) } }))
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }
    await moved.answer(`/v1/check_in/${ALIAS}`, { method: 'POST', headers, body })
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('that is a log line in brackets is plain text', async () => {
    await post('[INFO] all copied', {})
    expect(moved.pings()).toMatchObject([{ kind: 'success', body: '[INFO] all copied' }])
  })

  test('is read with the content type that curl sends', async () => {
    await post({ check_in: { status: 'error' } }, { 'Content-Type': 'application/x-www-form-urlencoded' })
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('in plain text is stored as received', async () => {
    await post('all copied', { 'Content-Type': 'text/plain' })
    expect(moved.pings()).toMatchObject([{ kind: 'success', body: 'all copied' }])
  })
})
