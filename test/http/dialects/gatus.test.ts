import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { ALIAS, Moved } from '../../support/moved.ts'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['GATUS'])
})

afterEach(() => moved.stop())

const push = (query: string, { token = moved.project.pingKey, key = 'backup' } = {}) =>
  moved.answer(`/api/v1/endpoints/${key}/external${query}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
  })

describe('Gatus external endpoint', () => {
  const reports: [query: string, kind: string, body: string][] = [
    ['?success=true', 'success', ''],
    ['?success=true&error=&duration=', 'success', ''],
    ['?success=true&error=ignored', 'success', ''],
    ['?success=true&duration=1h2m3.5s', 'success', ''],
    ['?success=true&duration=10ms', 'success', ''],
    ['?success=true&duration=.5s', 'success', ''],
    ['?success=true&duration=0', 'success', ''],
    ['?success=false', 'fail', ''],
    ['?success=false&error=no%20space%20left', 'fail', 'no space left'],
  ]
  test.each(reports)('records %p as a %s, with an empty answer', async (query, kind, body) => {
    expect(await push(query)).toEqual([200, ''])
    expect(moved.pings()).toMatchObject([{ kind, body, method: 'POST' }])
  })

  test.each([
    ['1h2m3.5s', 3_723_500],
    ['10ms', 10],
    ['.5s', 500],
    ['1500µs', 2],
    ['0', 0],
    ['', null],
    ['-1s', null],
  ])('stores the duration %p', async (duration, durationMs) => {
    await push(`?success=true&duration=${encodeURIComponent(duration)}`)
    expect(moved.pings()).toMatchObject([{ durationMs }])
  })

  test('accepts its key in capitals', async () => {
    expect(await push('?success=true', { key: 'BackUp' })).toEqual([200, ''])
    expect(moved.kinds()).toEqual(['success'])
  })

  test.each(['', '?success=', '?success=yes', '?success=True', '?success=true&success=1'])(
    'answers 400 to %p, which lacks a valid success',
    async (query) => {
      expect(await push(query)).toEqual([400, 'missing or invalid success'])
      expect(moved.kinds()).toEqual([])
    },
  )

  test.each(['10', 'ms', '1h-2m', '5 s', 'soon', '1d', `${'1h'.repeat(60)}`])(
    'answers 400 to the duration %p',
    async (duration) => {
      expect(await push(`?success=true&duration=${encodeURIComponent(duration)}`)).toEqual([400, 'invalid duration'])
      expect(moved.kinds()).toEqual([])
    },
  )

  test.each(['', 'Bearer', 'Bearer ', `Basic ${ALIAS}`, 'Bearer nonsense', `Bearer ${ALIAS}`])(
    'answers 401 to the token %p',
    async (authorization) => {
      const init = { method: 'POST', headers: { Authorization: authorization } }
      const path = '/api/v1/endpoints/backup/external?success=true'
      expect(await moved.answer(path, init)).toEqual([401, 'missing or invalid token'])
      expect(moved.kinds()).toEqual([])
    },
  )

  test('answers 404 for an unknown monitor, and creates none', async () => {
    expect(await push('?success=true', { key: 'core_nightly' })).toEqual([404, 'not found'])
    moved.guard.monitor(moved.project, { name: 'core_nightly', slug: 'core_nightly' })
    expect(await push('?success=true', { key: 'core_nightly' })).toEqual([200, ''])
  })

  test('answers 404 for a monitor of another project', async () => {
    const other = moved.guard.project('mallory@example.org')
    expect(await push('?success=true', { token: other.pingKey })).toEqual([404, 'not found'])
  })
})

test('gatus-cli reports the end of a job', async () => {
  const init = {
    method: 'POST',
    headers: { Authorization: `Bearer ${moved.project.pingKey}`, 'User-Agent': 'Go-http-client/1.1' },
  }
  const path = '/api/v1/endpoints/backup/external?duration=12.034s&error=exit+status+2&success=false'
  expect(await moved.answer(path, init)).toEqual([200, ''])
  expect(moved.pings()).toMatchObject([{ kind: 'fail', body: 'exit status 2' }])
  expect(moved.guard.now(moved.backup).status).toBe('down')
})
