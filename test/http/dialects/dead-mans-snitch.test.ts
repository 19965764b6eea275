import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { ALIAS, Moved } from '../../support/moved.ts'

const PART = 'Content-Disposition: form-data; name="s"\r\n\r\n0'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['SNITCH'])
})

afterEach(() => moved.stop())

describe("Dead Man's Snitch check-in URL", () => {
  const queries: [query: string, kind: string, exitStatus: number | null, body: string][] = [
    ['', 'success', null, ''],
    ['?m=', 'success', null, ''],
    ['?s=', 'success', null, ''],
    ['?s=0', 'success', 0, ''],
    ['?s=0&m=42%20rows', 'success', 0, '42 rows'],
    ['?s=1', 'fail', 1, ''],
    ['?m=disk+full&s=137', 'fail', 137, 'disk full'],
    ['?s=error', 'fail', null, ''],
    ['?s=999', 'fail', null, ''],
    ['?s=0&s=2', 'fail', 2, ''],
  ]
  test.each(queries)(
    'with %p answers 202, which its clients expect, and records a %s',
    async (query, kind, status, body) => {
      expect(await moved.answer(`/${ALIAS}${query}`)).toEqual([202, 'OK'])
      expect(moved.pings()).toMatchObject([{ kind, exitStatus: status, body }])
    },
  )

  const multipart = new FormData()
  multipart.set('s', '3')
  multipart.set('m', 'disk full')
  const forms: [what: string, body: string | FormData, kind: string, exitStatus: number | null, kept: string][] = [
    ['a status', 's=1', 'fail', 1, ''],
    ['a success with a message', 's=0&m=42%20rows', 'success', 0, '42 rows'],
    ['a message', 'm=disk+full', 'success', null, 'disk full'],
    ['both', 's=137&m=disk+full', 'fail', 137, 'disk full'],
    ['both as multipart', multipart, 'fail', 3, 'disk full'],
    ['the output of the job', 'rows=42&more', 'success', null, 'rows=42&more'],
  ]
  test.each(forms)('records %s from the posted form', async (_what, body, kind, exitStatus, kept) => {
    expect(await moved.answer(`/${ALIAS}`, { method: 'POST', body })).toEqual([202, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind, exitStatus, body: kept }])
  })

  const log = 'copied one & two\n'.repeat(10_000)
  const inParts = (fields: [string, string | Blob][]) => {
    const form = new FormData()
    for (const [name, value] of fields) form.append(name, value)
    return form
  }
  const long: [what: string, body: URLSearchParams | FormData | string][] = [
    ['a form', new URLSearchParams({ m: log, s: '1' })],
    ['a form of 14 MB', new URLSearchParams({ m: log.repeat(60), s: '1' })],
    ['a form of many fields', `${'a&'.repeat(4_000_000)}m=copied&s=1`],
    ['a multipart form', inParts(Object.entries({ m: log, s: '1' }))],
    [
      'a multipart form with a file',
      inParts([
        ['m', new Blob([log])],
        ['s', '1'],
      ]),
    ],
  ]
  test.each(long)('reads %s to the end', async (_what, body) => {
    expect(await moved.answer(`/${ALIAS}`, { method: 'POST', body })).toEqual([202, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 1 }])
    const kept = moved.pings()[0]?.body.replaceAll('\r', '') ?? ''
    expect(log.startsWith(kept.slice(0, 9000))).toBe(true)
    expect(log).toContain(kept.slice(10_000))
  })

  test('stores the beginning and the end of a long message', async () => {
    await moved.answer(`/${ALIAS}`, { method: 'POST', body: new URLSearchParams({ m: log, s: '1' }) })
    const kept = moved.pings()[0]?.body ?? ''
    expect(kept).toHaveLength(100_000)
    expect(log.startsWith(kept.slice(0, 9000))).toBe(true)
    expect(log.endsWith(kept.slice(-80_000))).toBe(true)
  })

  test('records a truncated multipart form, but not as a success', async () => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b' }
    const body = '--b\r\nContent-Disposition: form-data; name="m"\r\n\r\nlog of the job'
    expect(await moved.answer(`/${ALIAS}`, { method: 'POST', headers, body })).toEqual([202, 'OK'])
    expect(await moved.answer(`/${ALIAS}?s=2`, { method: 'POST', headers, body })).toEqual([202, 'OK'])
    expect(moved.kinds()).toEqual(['log', 'fail'])
  })

  test.each([
    ['urlencoded', 'application/x-www-form-urlencoded', 's=0&'.repeat(2000)],
    ['multipart', 'multipart/form-data; boundary="b"', `--b\r\n${PART}\r\n`.repeat(2000).concat('--b--')],
  ])('records a form with thousands of fields (%s), but not as a success', async (_what, contentType, body) => {
    const headers = { 'Content-Type': contentType }
    expect(await moved.answer(`/${ALIAS}`, { method: 'POST', headers, body })).toEqual([202, 'OK'])
    expect(moved.kinds()).toEqual(['log'])
  })

  test('reads a compressed form', async () => {
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = gzipSync(`m=${'x'.repeat(200_000)}&s=1`)
    await moved.answer(`/${ALIAS}`, { method: 'POST', headers, body })
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('prefers a status in its query over the form', async () => {
    await moved.answer(`/${ALIAS}?s=2`, { method: 'POST', body: 's=0&m=posted' })
    expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 2, body: 'posted' }])
  })

  test.each(['/c0ffee0000', '/c0ffee0000/', '/c0ffee0000?s=1'])('%s answers 404 in plain text', async (path) => {
    expect(await moved.answer(path)).toEqual([404, 'not found'])
  })

  test.each(['/a.b', '/abc', `/${ALIAS}/run`, `/${'x'.repeat(65)}`, '/%64eadbeef'])(
    '%s answers the 404 page in HTML',
    async (path) => {
      const response = await moved.guard.request(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toContain('text/html')
    },
  )

  test('accepts a ping key without hyphens; with hyphens it is a Healthchecks URL', async () => {
    const { pingKey } = moved.backup
    expect(await moved.answer(`/${pingKey.replaceAll('-', '')}`)).toEqual([202, 'OK'])
    expect(await moved.answer(`/${pingKey}`)).toEqual([200, 'OK'])
  })

  test('records a failure as a failure even with a ping key with hyphens', async () => {
    expect(await moved.answer(`/${moved.backup.pingKey}?s=1&m=oops`)).toEqual([202, 'OK'])
    expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 1, body: 'oops' }])
  })
})

describe("snitcher, the client of Dead Man's Snitch", () => {
  const headers = { 'User-Agent': 'Snitcher; Ruby; 0.4.3' }

  test('reports the exit status and the output of a command', async () => {
    expect(await moved.answer(`/${ALIAS}?m=tar%3A%20no%20space%20left&s=2`, { headers })).toEqual([202, 'OK'])
    expect(moved.pings()).toMatchObject([
      { kind: 'fail', exitStatus: 2, body: 'tar: no space left', userAgent: headers['User-Agent'] },
    ])
    expect(moved.guard.now(moved.backup).status).toBe('down')
  })

  test('reports a success', async () => {
    expect(await moved.answer(`/${ALIAS}?s=0`, { headers })).toEqual([202, 'OK'])
    expect(moved.guard.now(moved.backup).status).toBe('up')
  })
})
