import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Binary, execute } from '../support/binary.ts'

let cronguard: Binary
let pingKey: string
let apiKey: string

beforeAll(async () => {
  cronguard = await Binary.prepare()
  await cronguard.start()
  await cronguard.run(['user', 'create', 'you@example.org'])
  apiKey = (await cronguard.run(['key', 'create', 'you@example.org'])).stdout.trim()
  pingKey = (await cronguard.api('/checks/', { key: apiKey, body: { name: 'odd' } })).uuid
})

afterAll(() => cronguard.dispose())

/** Sends exactly this text to the server, and returns the whole answer. */
function exchange(text: string, { hangUp = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(cronguard.port, '127.0.0.1', () => {
      socket.write(text)
      if (hangUp) setTimeout(() => socket.destroy(), 50)
    })
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const log = () => Bun.file(cronguard.logPath).text()

describe('A ping', () => {
  test.each(['nas', 'x', '[::1', 'localhost:99999', 'a b', '', 'backup.internal:8000'])(
    'to the host %j is recorded',
    async (host) => {
      const answer = await exchange(`GET /ping/${pingKey}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toStartWith('HTTP/1.1 200 OK')
      expect(answer).toEndWith('\r\n\r\nOK')
    },
  )

  test('with HTTP/1.0 and without Host is recorded', async () => {
    expect(await exchange(`GET /ping/${pingKey} HTTP/1.0\r\n\r\n`)).toEndWith('OK')
  })

  test('with a truncated body is neither recorded nor logged as an error', async () => {
    const before = (await cronguard.api(`/checks/${pingKey}`, { key: apiKey })).n_pings
    for (const path of [`/ping/${pingKey}`, `/api/v3/checks/${pingKey}`]) {
      await exchange(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nhalf`, { hangUp: true })
    }
    // When a later ping is answered, the server has seen the end of the earlier connections.
    expect(await exchange(`GET /ping/${pingKey} HTTP/1.0\r\n\r\n`)).toEndWith('OK')
    expect((await cronguard.api(`/checks/${pingKey}`, { key: apiKey })).n_pings).toBe(before + 1)
    expect(await log()).not.toContain('ERROR')
  })
})

describe('A connection', () => {
  const pingRequest = () => `POST /ping/${pingKey} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ndone`
  const countPings = async () => (await cronguard.api(`/checks/${pingKey}`, { key: apiKey })).n_pings

  // The docs page about pinging describes this. When a newer Bun answers both, shorten that page.
  test('with a pipelined second ping ends after recording the first', async () => {
    const before = await countPings()
    const answer = await exchange(pingRequest() + pingRequest())
    expect(answer).toBe('')
    expect(await countPings()).toBe(before + 1)
  })

  test('with an empty line after a ping ends after recording the ping', async () => {
    const before = await countPings()
    expect(await exchange(`${pingRequest()}\r\n`)).toContain('HTTP/1.1 400')
    expect(await countPings()).toBe(before + 1)
  })

  test.each(['TRACE', 'CONNECT'])('with %s records no ping', async (method) => {
    const before = await countPings()
    const answer = await exchange(`${method} /ping/${pingKey} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toStartWith('HTTP/1.1 405')
    expect(answer).toContain('Allow: GET, HEAD, POST, PUT, OPTIONS')
    expect(await countPings()).toBe(before)
  })
})

describe('A body', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${cronguard.url}/ping/${pingKey}`, { method: 'POST', body, headers })
  const keptSize = async () => {
    const { n_pings } = await cronguard.api(`/checks/${pingKey}`, { key: apiKey })
    const url = `${cronguard.url}/api/v3/checks/${pingKey}/pings/${n_pings}/body`
    return (await (await fetch(url, { headers: { 'X-Api-Key': apiKey } })).text()).length
  }

  test.each([9_999, 10_000, 10_001, 3_000_000])(
    'of %d bytes is recorded, and up to 100,000 of them are stored',
    async (size) => {
      expect(await (await post('x'.repeat(size))).text()).toBe('OK')
      expect(await keptSize()).toBe(Math.min(size, 100_000))
    },
  )

  test('of more than 16 MiB is refused, and the server keeps running', async () => {
    expect((await post('x'.repeat(17 * 1024 * 1024))).status).toBe(413)
    expect(await (await post('small')).text()).toBe('OK')
  })

  test('of more than 16 MiB without Content-Length is refused, and not logged as an error', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        for (let mib = 0; mib < 17; mib++) controller.enqueue(new Uint8Array(1024 * 1024))
        controller.close()
      },
    })
    const answer = await fetch(`${cronguard.url}/ping/${pingKey}`, { method: 'POST', body }).then(
      ({ status }) => status,
      () => 413,
    )
    expect(answer).toBe(413)
    expect(await (await post('small')).text()).toBe('OK')
    expect(await Bun.file(cronguard.logPath).text()).not.toContain('ERROR')
  })

  test('may arrive with pauses', async () => {
    const job = `(echo begun; sleep 12; echo done) | curl -sS -X POST -T - ${cronguard.url}/ping/${pingKey}`
    expect(await execute(['bash', '-c', job])).toMatchObject({ stdout: 'OK', stderr: '' })
    expect(await keptSize()).toBe('begun\ndone\n'.length)
  }, 30_000)
})

describe('A channel test', () => {
  test('with a silent mail server is answered in time', async () => {
    const silent = createServer(() => {})
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as AddressInfo).port))
    })
    const mailing = await Binary.prepare({
      CRONGUARD_SMTP_HOST: '127.0.0.1',
      CRONGUARD_SMTP_PORT: String(port),
      CRONGUARD_SMTP_SECURITY: 'none',
    })
    await mailing.start()
    await mailing.run(['user', 'create', 'you@example.org'])
    const key = (await mailing.run(['key', 'create', 'you@example.org'])).stdout.trim()
    const email = { kind: 'email', name: 'mail', settings: { address: 'you@example.org' } }
    const { id } = await mailing.api('/channels/', { key, body: email })
    const outcome = await mailing.api(`/channels/${id}/test`, { key, method: 'POST' })
    expect(outcome).toMatchObject({ result: 'failed', reason: 'timeout' })
    await mailing.dispose()
    silent.close()
  }, 20_000)
})

describe('A request with', () => {
  test.each([
    ['an invalid host and an unknown path', 'GET /nowhere HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n', '404'],
    [
      'an invalid host and a path of the API',
      'GET /api/v3/checks/ HTTP/1.1\r\nHost: localhost:99999\r\nConnection: close\r\n\r\n',
      '401',
    ],
    ['two hosts', `GET /ping/${'0'.repeat(36)} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n`, '400'],
    ['text that is not HTTP', 'EHLO there\r\n\r\n', '400'],
    ['a header of 100 kB', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, '431'],
  ])('%s is answered, and the server keeps running', async (_what, request, status) => {
    expect(await exchange(request)).toStartWith(`HTTP/1.1 ${status}`)
    expect((await fetch(`${cronguard.url}/health`)).status).toBe(200)
    expect(await log()).not.toContain('ERROR')
  })
})
