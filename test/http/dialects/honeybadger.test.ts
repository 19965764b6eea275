import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
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

describe('A check-in of Honeybadger', () => {
  test('is a success by itself, by id or by slug', async () => {
    for (const path of [ALIAS, moved.backup.pingKey, `${moved.project.pingKey}/backup`]) {
      expect(await moved.answer(`/v1/check_in/${path}`)).toEqual([200, 'OK'])
    }
    expect(moved.kinds()).toEqual(['success', 'success', 'success'])
  })

  test.each(['c0ffee0000', 'c0ffee0000/backup'])('%s is not found, in a few words', async (path) => {
    expect(await moved.answer(`/v1/check_in/${path}`)).toEqual([404, 'not found'])
  })

  test.each(['', '/', '/a.b', `/${ALIAS}/backup/more`])('is not %p', async (ending) => {
    expect((await moved.answer(`/v1/check_in${ending}`))[0]).toBe(404)
    expect(moved.kinds()).toEqual([])
  })

  test('makes no monitor', async () => {
    expect(await moved.answer(`/v1/check_in/${moved.project.pingKey}/nightly-report`)).toEqual([404, 'not found'])
  })
})

describe('A check-in of Honeybadger that says more', () => {
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
    expect(moved.heard()).toMatchObject([{ kind, exitStatus, body }])
  })

  test.each([
    ['{"check_in":{"status":"error"'],
    [{ check_in: { status: 'down' } }],
    [{ check_in: { status: 5 } }],
    [{ check_in: 'error' }],
    [{ status: 'error' }],
  ])('%j cannot be read, and is refused, for it may be bad news', async (body) => {
    expect(await post(body)).toEqual([400, 'invalid check-in'])
    expect(moved.kinds()).toEqual([])
  })

  test('is read whatever curl calls it, too', async () => {
    await post({ check_in: { status: 'error' } }, { 'Content-Type': 'application/x-www-form-urlencoded' })
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('in plain words is kept as it came', async () => {
    await post('all copied', { 'Content-Type': 'text/plain' })
    expect(moved.heard()).toMatchObject([{ kind: 'success', body: 'all copied' }])
  })
})
