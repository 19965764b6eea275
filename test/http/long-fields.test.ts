// Fields of forms and strings in JSON: found wherever they are in a body, and of long ones both ends are kept.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { bytesInFlight, LARGE_BODIES_MAX } from '#http/body.ts'
import { BodyMemory } from '#http/body-memory.ts'
import { JsonReader } from '#http/pings/json.ts'
import { createByteBudget } from '#lib/byte-budget.ts'
import { findBody } from '#store/bodies.ts'
import { eventually } from '../support/binary.ts'
import { ALIAS, Moved } from '../support/moved.ts'
import { Served } from '../support/served.ts'

const MIB = 1024 * 1024
const URL_ENCODED = { 'Content-Type': 'application/x-www-form-urlencoded' }
const PARTS = { 'Content-Type': 'multipart/form-data; boundary=b' }
const JSON_TYPE = { 'Content-Type': 'application/json' }
const CHECK_IN = `/v1/check_in/${ALIAS}`

let moved: Moved

beforeEach(() => start(100_000))
afterEach(() => moved.stop())

function start(limit: number): void {
  moved = new Moved(['SNITCH', 'HONEYBADGER', 'SENTRY'], { CRONGUARD_PING_BODY_LIMIT: String(limit) })
}

/** Lines that all differ, so that it shows which part is kept. */
const lines = (bytes: number) => {
  const line = (index: number) => `${index}: copied all rows of the table, 50% of "x" & more = ä, 😀\n`
  let text = ''
  for (let index = 0; text.length < bytes; index++) text += line(index)
  return text
}

const urlEncoded = (fields: Record<string, string>) => Buffer.from(new URLSearchParams(fields).toString())
const inParts = (fields: Record<string, string>, more = '') => {
  const part = ([name, value]: [string, string]) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
  return Buffer.from(`${Object.entries(fields).map(part).join('')}--b--\r\n`)
}
const checkIn = (fields: Record<string, unknown>) => Buffer.from(JSON.stringify({ check_in: fields }))

const post = (path: string, headers: Record<string, string>, body: Uint8Array | ReadableStream) =>
  moved.answer(path, { method: 'POST', headers, body: body instanceof Uint8Array ? new Uint8Array(body) : body })

const kept = () => {
  const { head, tail, cutBytes } = findBody(moved.guard.db, {
    monitorId: moved.backup.id,
    number: moved.guard.now(moved.backup).pingCount,
  })?.body ?? { head: new Uint8Array(), tail: new Uint8Array(), cutBytes: 0 }
  return { head: Buffer.from(head).toString('latin1'), tail: Buffer.from(tail).toString('latin1'), cutBytes }
}
const endsOf = (text: string, limit: number) => {
  const bytes = Buffer.from(text)
  if (bytes.length <= limit) return { head: bytes.toString('latin1'), tail: '', cutBytes: 0 }
  const head = bytes.subarray(0, 10_000).toString('latin1')
  return {
    head,
    tail: bytes.subarray(bytes.length - limit + 10_000).toString('latin1'),
    cutBytes: bytes.length - limit,
  }
}
const inPieces = (bytes: Uint8Array, cuts: readonly number[]) =>
  new ReadableStream({
    start(controller) {
      for (const [index, cut] of [0, ...cuts].entries()) controller.enqueue(bytes.slice(cut, cuts[index]))
      controller.close()
    },
  })

describe('Ping body limit: a field of 9 MB', () => {
  const long = lines(9_000_000)
  const forms: [what: string, path: string, headers: Record<string, string>, body: () => Uint8Array][] = [
    ['a form, before the status', `/${ALIAS}`, URL_ENCODED, () => urlEncoded({ m: long, s: '3' })],
    ['a form, behind the status', `/${ALIAS}`, URL_ENCODED, () => urlEncoded({ s: '3', x: 'y', m: long })],
    ['a form in parts', `/${ALIAS}`, PARTS, () => inParts({ m: long, s: '3' })],
    ['a form in parts, as a file', `/${ALIAS}`, PARTS, () => inParts({ s: '3', m: long }, '; filename="log.txt"')],
    ['JSON', CHECK_IN, JSON_TYPE, () => checkIn({ stdout: long, exit_code: 3 })],
    ['JSON that no header declares', CHECK_IN, {}, () => checkIn({ exit_code: 3, stderr: long })],
  ]

  test.each(forms)(
    'in %s keeps its beginning and its end, and the status is found',
    async (_what, path, headers, body) => {
      await post(path, headers, body())
      expect(kept()).toEqual(endsOf(long, 100_000))
      expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 3 }])
    },
  )

  test.each(forms)('in %s is kept the same when compressed', async (_what, path, headers, body) => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['br', quickBrotli],
    ] as const)
      await post(path, { ...headers, 'Content-Encoding': encoding }, pack(body()))
    expect(kept()).toEqual(endsOf(long, 100_000))
    expect(moved.pings()).toMatchObject([
      { kind: 'fail', exitStatus: 3 },
      { kind: 'fail', exitStatus: 3 },
    ])
  })

  test.each(['utf16le', 'latin1'] as const)('in JSON in %s keeps its beginning and its end', async (charset) => {
    const text = long.slice(0, 7_000_000).replaceAll('😀', '')
    const body = Buffer.from(checkIn({ stdout: text, status: 'error' }).toString(), charset)
    const headers = { 'Content-Type': `application/json; charset=${charset === 'latin1' ? charset : 'utf-16le'}` }
    expect(await post(CHECK_IN, headers, body)).toEqual([200, 'OK'])
    expect(kept()).toEqual(endsOf(text, 100_000))
    expect(moved.kinds()).toEqual(['fail'])
  })

  test('is shown with the number of bytes that are missing', async () => {
    await post(`/${ALIAS}`, URL_ENCODED, urlEncoded({ m: long }))
    const headers = { 'X-Api-Key': moved.guard.apiKey(moved.project) }
    const raw = await moved.guard.request(`/api/v3/checks/${moved.backup.pingKey}/pings/1/body`, { headers })
    const { head, tail, cutBytes } = endsOf(long, 100_000)
    expect(raw.headers.get('x-cronguard-body-cut')).toBe(String(cutBytes))
    expect(Buffer.from(await raw.arrayBuffer()).toString('latin1')).toBe(head + tail)
  })
})

function quickBrotli(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, { params: { 1: 1 } })
}

describe('Ping body: one that arrives in pieces', () => {
  const text = `${lines(10_300)}%\\"%41+`
  const bodies: [what: string, path: string, headers: Record<string, string>, body: Uint8Array][] = [
    ['a form', `/${ALIAS}`, URL_ENCODED, Buffer.concat([urlEncoded({ m: text }), Buffer.from('&s=2')])],
    ['a form in parts', `/${ALIAS}`, PARTS, inParts({ m: `${text}\r\n--`, s: '2' })],
    ['JSON', CHECK_IN, JSON_TYPE, checkIn({ stdout: text, exit_code: 2 })],
    ['JSON in escapes', CHECK_IN, JSON_TYPE, escaped(checkIn({ stdout: text, exit_code: 2 }).toString())],
  ]

  test.each(bodies)('is read the same wherever %s is split', async (_what, path, headers, body) => {
    for (const limit of [10_100, 100_000]) {
      moved.stop()
      start(limit)
      await post(path, headers, body)
      const whole = kept()
      expect(whole.head).toContain('50% of "x" & more')
      for (let cut = 1; cut < body.length; cut += cut < 60 || cut > body.length - 60 ? 1 : 97) {
        await post(
          path,
          headers,
          inPieces(
            body,
            [cut, cut + 1, cut + 2].filter((place) => place < body.length),
          ),
        )
        expect(kept()).toEqual(whole)
      }
      expect(new Set(moved.pings().map(({ exitStatus }) => exitStatus))).toEqual(new Set([2]))
    }
  })

  test('is read slowly from a connection, while other pings are answered', async () => {
    const served = new Served(moved.guard).open()
    const socket = connect(served.port, '127.0.0.1')
    const body = urlEncoded({ m: lines(200_000), s: '7' })
    socket.write(
      `POST /${ALIAS} HTTP/1.1\r\nHost: x\r\nContent-Type: ${URL_ENCODED['Content-Type']}\r\n` +
        `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    for (let at = 0; at < body.length; at += 50_000) {
      socket.write(body.subarray(at, at + 50_000))
      expect((await fetch(`${served.url}/ping/${moved.backup.pingKey}`)).status).toBe(200)
    }
    await eventually('the form', () => moved.pings().some(({ exitStatus }) => exitStatus === 7))
    await served.close()
  })
})

describe('Ping form: a repeated field', () => {
  test.each([
    ['', URL_ENCODED, Buffer.from(`m=${'x'.repeat(20_000)}&s=0&m=short&s=2&m`)],
    [
      'in parts',
      PARTS,
      Buffer.concat([inParts({ m: 'long '.repeat(5000), s: '0' }).subarray(0, -7), inParts({ m: 'short', s: '2' })]),
    ],
  ])('%s goes by the last value', async (_what, headers, body) => {
    await post(`/${ALIAS}`, headers, body)
    expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 2, body: 'short' }])
  })
})

describe('Ping form: percent-encoding', () => {
  test.each([
    ['an encoded name', '%73=2&%6D=a%20b', 'a b'],
    ['a percent sign at the end of a field', 'm=100%&s=2', '100%'],
    ['a percent sign at the end', 's=2&m=100%', '100%'],
    ['half a code at the end', 's=2&m=100%4', '100%4'],
    ['what is no code', 's=2&m=%zz+%4g%25', '%zz %4g%'],
    ['a character in two codes', 's=2&m=%C3%A4', 'ä'],
    ['a long name before', `${'n'.repeat(50_000)}=1&s=2&m=b`, 'b'],
    ['names that begin alike', 'ss=0&mm=1&s=2&m=b&mm=2', 'b'],
  ])('%s', async (_what, form, message) => {
    await post(`/${ALIAS}`, URL_ENCODED, Buffer.from(form))
    expect(moved.pings()).toMatchObject([{ kind: 'fail', exitStatus: 2, body: message }])
  })
})

describe('Ping body that declares a wrong encoding', () => {
  const wrong = { 'Content-Encoding': 'gzip' }
  test.each([
    ['a form', `/${ALIAS}`, 's=2&m=x', 'fail'],
    ['text in place of a form', `/${ALIAS}`, 'copied', 'log'],
    ['JSON', CHECK_IN, '{"check_in":{"status":"error"}}', 'fail'],
    ['text in place of JSON', CHECK_IN, 'copied', 'log'],
    ['nothing', CHECK_IN, '', 'success'],
    ['line breaks', CHECK_IN, '\n'.repeat(20), 'success'],
  ])('is read as it came: %s', async (_what, path, body, kind) => {
    await post(path, wrong, Buffer.from(body))
    expect(moved.kinds()).toEqual([kind as 'log'])
  })
})

describe('Ping form: one that breaks off', () => {
  test('is recorded with what arrived, and not as a success', async () => {
    const whole = inParts({ m: lines(300_000), s: '0' })
    const body = whole.subarray(0, 200_000)
    for (const sent of [body, inPieces(body, [90_000, 150_000])]) {
      expect(await post(`/${ALIAS}`, PARTS, sent)).toEqual([202, 'OK'])
      expect(kept()).toEqual(endsOf(body.toString(), 100_000))
    }
    expect(moved.kinds()).toEqual(['log', 'log'])
  })
})

describe('Ping body limit: two outputs in JSON', () => {
  const [short, long] = ['ä short\n', lines(30_000)]
  test.each([
    ['short ones', short, short],
    ['the first is long', long, short],
    ['the second is long', short, long],
    ['both are long', long, long],
  ])('are kept one after the other: %s', async (_what, stdout, stderr) => {
    for (const limit of [10_000, 10_020, 20_000]) {
      moved.stop()
      start(limit)
      await post(CHECK_IN, JSON_TYPE, checkIn({ stdout, stderr }))
      expect(kept()).toEqual(endsOf(`${stdout}\n${stderr}`, limit))
    }
  })
})

describe('Ping JSON: too much to parse', () => {
  const report = (rest: unknown) => Buffer.from(JSON.stringify({ check_in: { status: 'error' }, rest }))
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  test.each([
    ['90,000 members', report(Array.from({ length: 90_000 }, () => 1)), 'fail'],
    ['100,000 members', report(Array.from({ length: 100_000 }, () => 1)), 'log'],
    ['a depth of 100', report(nested(99)), 'fail'],
    ['a depth of 101', report(nested(100)), 'log'],
  ])('is recorded, but not as a success: %s', async (_what, body, kind) => {
    await post(CHECK_IN, JSON_TYPE, body)
    expect(moved.kinds()).toEqual([kind as 'log'])
  })
})

describe('JsonReader', () => {
  const budget = createByteBudget({ bytesMax: 64 * MIB, reservedForSmall: 0, smallMax: 0 }, () => 0)
  const read = async (text: string, cuts: readonly number[], limit = 1_000_000) => {
    const holding = budget.open(() => {})
    const reader = new JsonReader(new BodyMemory(holding), { isDeclared: true, charset: null, limit })
    const bytes = Buffer.from(text)
    for (const [index, cut] of [0, ...cuts].entries()) reader.add(bytes.subarray(cut, cuts[index]))
    const { value } = await reader.end()
    holding.close()
    return value
  }
  const parse = (text: string) => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }

  test.each(['["abcdef\\x"]', '["abcdef\\u12"]', '["abcdef\u0001"]', '["abcdef\\"]', '["abcdef', '["abcdef"'])(
    'reads nothing of %j, also if the string is long',
    async (text) => {
      for (const limit of [3, 1000]) expect(await read(text, [], limit)).toBeUndefined()
    },
  )

  test('reads what JSON.parse reads, in any pieces', async () => {
    const cuts = fc.array(fc.nat(300), { maxLength: 5 }).map((places) => places.toSorted((a, b) => a - b))
    const texts = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.json({ stringUnit: 'binary' }),
      fc.stringMatching(/^["\\{}[\],:a-fu0-9 ]{0,40}$/),
    )
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (text, places) => {
        fc.pre(text.trim() !== '')
        const parsed = parse(Buffer.from(text).toString())
        expect(await read(text, places)).toEqual(parsed)
        expect((await read(text, places, 3)) === undefined).toBe(parsed === undefined)
      }),
    )
  })
})

describe('Ping body: other work', () => {
  test.each([
    ['a form', `/${ALIAS}`, URL_ENCODED, () => urlEncoded({ m: lines(5_000_000) })],
    ['JSON', CHECK_IN, JSON_TYPE, () => checkIn({ stdout: lines(5_000_000) })],
  ])('gets a turn while %s that arrived at once is read', async (_what, path, headers, body) => {
    const bytes = body()
    let [isOver, turns] = [false, 0]
    const answered = post(path, headers, bytes).finally(() => {
      isOver = true
    })
    for (; !isOver; turns++) await new Promise((resolve) => setImmediate(resolve))
    expect((await answered)[0]).toBeLessThan(300)
    expect(turns).toBeGreaterThan(bytes.length / (2 * 128 * 1024))
  })
})

describe('Memory budget for bodies, while other requests fill it', () => {
  test.each([
    ['a form', `/${ALIAS}`, URL_ENCODED, () => urlEncoded({ m: lines(9_000_000), s: '1' })],
    ['a form in parts', `/${ALIAS}`, PARTS, () => inParts({ m: lines(9_000_000), s: '1' })],
    ['JSON', CHECK_IN, JSON_TYPE, () => checkIn({ stdout: lines(9_000_000), exit_code: 1 })],
  ])('%s needs only the memory for what is kept of it', async (_what, path, headers, body) => {
    const others = bytesInFlight.open(() => {})
    try {
      others.resize(LARGE_BODIES_MAX - MIB)
      others.settle()
      expect((await post(path, headers, body()))[0]).toBeLessThan(300)
      others.resize(LARGE_BODIES_MAX)
      expect((await post(path, headers, body()))[0]).toBe(503)
    } finally {
      others.close()
    }
    expect(moved.kinds()).toEqual(['fail'])
  })
})

/** JSON in ASCII. */
function escaped(json: string): Uint8Array {
  return Buffer.from(
    json.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}
