import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { Moved } from '../../support/moved.ts'

const CHECK_IN = '684e2e73-017e-465f-8149-d70b7c5aaa49'

let moved: Moved

beforeEach(() => {
  moved = new Moved(['SENTRY'])
})

afterEach(() => moved.stop())

const url = (query = '', slug = 'backup') => `/api/7/cron/${slug}/${moved.project.pingKey}/${query}`
const post = (body: unknown, query = '') =>
  moved.answer(url(query), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

describe('Sentry check-in', () => {
  const statuses: [query: string, kind: string][] = [
    ['?status=in_progress', 'start'],
    ['?status=ok', 'success'],
    ['?status=error', 'fail'],
    ['?status=missed', 'log'],
    ['?status=whatever', 'log'],
    ['?status=ok&environment=production&duration=3.5', 'success'],
    ['?status=ok&duration=nonsense', 'success'],
  ]
  test.each(statuses)('with %p records a %s', async (query, kind) => {
    expect(await moved.answer(url(query))).toEqual([202, ''])
    expect(moved.pings()).toMatchObject([{ kind, runId: null }])
  })

  test.each(['', '?status=', '?environment=production'])(
    'with %p answers 400, because the status is missing',
    async (query) => {
      expect(await moved.answer(url(query))).toEqual([400, '{"detail":"The status is missing."}'])
      expect(moved.kinds()).toEqual([])
    },
  )

  const ids: [id: string, runId: string | null][] = [
    [CHECK_IN, CHECK_IN],
    [CHECK_IN.toUpperCase(), CHECK_IN],
    [CHECK_IN.replaceAll('-', ''), CHECK_IN],
    ['00000000-0000-0000-0000-000000000000', null],
    ['00000000000000000000000000000000', null],
    ['', null],
  ]
  test.each(ids)('with the id %p belongs to the run %p', async (id, runId) => {
    await moved.answer(url(`?status=in_progress&check_in_id=${id}`))
    expect(moved.pings()).toMatchObject([{ kind: 'start', runId }])
  })

  test('without an id ends only the newest run', async () => {
    const ids = [CHECK_IN, CHECK_IN.replace('6', '7')]
    for (const id of ids) await moved.answer(url(`?status=in_progress&check_in_id=${id}`))
    moved.guard.clock.advance(1000)
    await moved.answer(url('?status=ok'))
    expect(moved.pings().at(-1)).toMatchObject({ kind: 'success', runId: ids[1], durationMs: 1000 })
    expect(moved.guard.now(moved.backup).openRuns).toMatchObject([{ runId: CHECK_IN }])
    await moved.answer(url('?status=in_progress'))
    expect(moved.guard.now(moved.backup).openRuns).toMatchObject([{ runId: CHECK_IN }, { runId: null }])
  })

  test('accepts a slug that Sentry cut to 50 characters, and a longer slug in full', async () => {
    const [cut, whole] = ['a'.repeat(50), 'b'.repeat(60)]
    const monitors = [cut, whole].map((slug) => moved.guard.monitor(moved.project, { name: slug, slug }))
    expect(await moved.answer(url('?status=ok', 'a'.repeat(60)))).toEqual([202, ''])
    expect(await moved.answer(url('?status=ok', whole))).toEqual([202, ''])
    expect(monitors.map((monitor) => moved.pings(monitor).length)).toEqual([1, 1])
  })

  test('ends the run that started with its id', async () => {
    await moved.answer(url(`?status=in_progress&check_in_id=${CHECK_IN}`))
    moved.guard.clock.advance(3500)
    await moved.answer(url(`?status=ok&check_in_id=${CHECK_IN}`))
    expect(moved.pings()).toMatchObject([{ kind: 'start' }, { kind: 'success', durationMs: 3500 }])
  })

  test.each(['/api/x/cron/backup/KEY/', '/api/7/cron/backup/', '/api/7/cron/a.b/KEY/', '/api/x/envelope/'])(
    'does not answer at %s',
    async (path) => {
      const [status, text] = await moved.answer(`${path.replace('KEY', moved.project.pingKey)}?status=ok`)
      expect([status, JSON.parse(text)]).toEqual([404, { error: 'Nothing found at this URL.' }])
    },
  )

  test('for an unknown monitor or key answers 404, and creates none', async () => {
    expect(await moved.answer(url('?status=ok', 'nightly-report'))).toEqual([404, '{"detail":"not found"}'])
    expect(await moved.answer('/api/7/cron/backup/0123456789abcdef0123456789abcdef/?status=ok')).toEqual([
      404,
      '{"detail":"not found"}',
    ])
  })
})

describe('Sentry check-in in JSON', () => {
  const monitorConfig = {
    schedule: { type: 'interval', value: '1', unit: 'hour' },
    checkin_margin: 5,
    max_runtime: 30,
    timezone: 'Europe/Riga',
  }

  test('has the same fields, and is stored as received', async () => {
    const body = { status: 'in_progress', check_in_id: CHECK_IN, monitor_config: monitorConfig, duration: null }
    expect(await post(body)).toEqual([202, ''])
    expect(moved.pings()).toMatchObject([{ kind: 'start', runId: CHECK_IN, body: JSON.stringify(body) }])
  })

  test('does not change the schedule of the monitor', async () => {
    const before = moved.guard.now(moved.backup).schedule
    await post({ status: 'ok', monitor_config: monitorConfig })
    expect(moved.guard.now(moved.backup).schedule).toEqual(before)
  })

  const odd: [sent: unknown, kind: string][] = [
    ['{"status":"error"', 'log'],
    ['{nonsense}', 'log'],
    [`{"x":"${'x'.repeat(200_000)}","status":"error"}`, 'fail'],
    [[{ status: 'error' }], 'fail'],
    [[{ status: 'ok' }, { status: 'error' }], 'fail'],
    [[{ status: 'ok' }, 5], 'log'],
    [{ status: 5 }, 'log'],
    [{ status: ['ok'] }, 'log'],
  ]
  test.each(odd)('%j is recorded as it says, and never guessed to be a success', async (sent, kind) => {
    expect(await post(sent, '?status=ok')).toEqual([202, ''])
    expect(moved.kinds()).toEqual([kind as 'log'])
  })

  test.each([{}, { status: null }, { status: '' }, { check_in_id: CHECK_IN }])(
    '%p answers 400, because the status is missing',
    async (body) => {
      expect(await post(body)).toEqual([400, '{"detail":"The status is missing."}'])
    },
  )

  test('takes precedence over the query', async () => {
    await post({ status: 'error' }, '?status=ok')
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('stores the duration of the run', async () => {
    await post({ status: 'ok', duration: 3.25 })
    await moved.answer(url('?status=ok&duration=1.5'))
    await post({ status: 'ok', duration: -1 })
    expect(moved.pings().map(({ durationMs }) => durationMs)).toEqual([3250, 1500, null])
  })
})

describe('Sentry envelope', () => {
  const DSN = 'http://KEY@cron.example.org/7'
  const item = (checkIn: object, length = true) => {
    const payload = JSON.stringify({ check_in_id: CHECK_IN.replaceAll('-', ''), monitor_slug: 'backup', ...checkIn })
    const header = { type: 'check_in', ...(length && { length: Buffer.byteLength(payload) }) }
    return `${JSON.stringify(header)}\n${payload}\n`
  }
  const envelope = (...items: string[]) =>
    `${JSON.stringify({ event_id: 'e1', dsn: DSN.replace('KEY', moved.project.pingKey) })}\n${items.join('')}`
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, query = '') =>
    moved.answer(`/api/7/envelope/${query}`, { method: 'POST', headers, body })

  test.each([
    ['in_progress', 'start'],
    ['ok', 'success'],
    ['error', 'fail'],
    ['new_word', 'log'],
  ])('with a check-in %s records a %s', async (status, kind) => {
    expect(await send(envelope(item({ status, duration: 0.2 })))).toEqual([200, '{"id":"e1"}'])
    const durationMs = kind === 'success' || kind === 'fail' ? 200 : null
    expect(moved.pings()).toMatchObject([{ kind: kind as 'log', runId: CHECK_IN, durationMs }])
  })

  test('finds its project by the header, the query or its own DSN', async () => {
    const { pingKey } = moved.project
    const bare = envelope(item({ status: 'ok' })).replace(/^.*\n/, '{}\n')
    const auth = { 'X-Sentry-Auth': `Sentry sentry_key=${pingKey}, sentry_version=7` }
    expect(await send(bare, auth)).toEqual([200, '{}'])
    expect(await send(bare, {}, `?sentry_key=${pingKey}&sentry_version=7`)).toEqual([200, '{}'])
    expect(await send(bare)).toEqual([403, '{"detail":"Unknown key."}'])
    expect(await send(bare, { 'X-Sentry-Auth': 'Sentry sentry_key=unknown' })).toEqual([
      403,
      '{"detail":"Unknown key."}',
    ])
    expect(moved.kinds()).toEqual(['success', 'success'])
  })

  test('may be compressed, may omit lengths, and may contain items that are dropped', async () => {
    const event = '{"type":"event","length":10}\n{"a":"\\n"}\n'
    const body = envelope(event, '{"type":"session"}\n{"sid":"x"}\n', item({ status: 'error' }, false))
    expect(await send(gzipSync(body), { 'Content-Encoding': 'gzip' })).toEqual([200, '{"id":"e1"}'])
    expect(await send(envelope(event))).toEqual([200, '{"id":"e1"}'])
    expect(
      await send(envelope('{"type":"attachment","length":200000}\n', 'x\n'.repeat(100_000), item({ status: 'ok' }))),
    ).toEqual([200, '{"id":"e1"}'])
    expect(moved.kinds()).toEqual(['fail', 'success'])
  })

  test('of 2 MB is read only with the key in the header, because anyone can send a DSN', async () => {
    const body = envelope(`{"type":"event","length":2000000}\n${'x'.repeat(2_000_000)}\n`, item({ status: 'ok' }))
    const packed = { 'Content-Encoding': 'gzip' }
    const auth = { 'X-Sentry-Auth': `Sentry sentry_key=${moved.project.pingKey}` }
    expect((await send(body))[0]).toBe(413)
    expect((await send(gzipSync(body), packed))[0]).toBe(413)
    expect(moved.kinds()).toEqual([])
    expect((await send(body, auth))[0]).toBe(200)
    expect((await send(gzipSync(body), { ...packed, ...auth }))[0]).toBe(200)
    expect(moved.kinds()).toEqual(['success', 'success'])
  })

  test('with several check-ins records each', async () => {
    await send(envelope(item({ status: 'in_progress' }), item({ status: 'ok' })))
    expect(moved.kinds()).toEqual(['start', 'success'])
  })

  test('for an unknown monitor answers 404, and an invalid one 400', async () => {
    expect(await send(envelope(item({ monitor_slug: 'unknown', status: 'ok' })))).toEqual([
      404,
      '{"detail":"not found"}',
    ])
    expect(await send('nonsense')).toEqual([400, '{"detail":"Invalid envelope."}'])
    expect(moved.kinds()).toEqual([])
  })
})

describe('borgmatic, which posts an empty body to Sentry', () => {
  test('reports start, end and failure', async () => {
    for (const status of ['in_progress', 'ok', 'error']) {
      const init = { method: 'POST', headers: { 'User-Agent': 'borgmatic', 'Content-Length': '0' } }
      expect(await moved.answer(url(`?status=${status}&environment=production`), init)).toEqual([202, ''])
    }
    expect(moved.kinds()).toEqual(['start', 'success', 'fail'])
  })
})
