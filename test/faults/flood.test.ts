// Many clients that start large bodies and never end them: memory stays limited, and other pings are recorded.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

const SENDERS = 64
const BODY_BYTES = 16 * 1024 * 1024
const MISSING_BYTES = 1000
const CHUNK = Buffer.alloc(64 * 1024, 'x')
const DRIP_MS = 5000
const PINGS = 20
const RSS_MAX_MB = 250
const UNKNOWN_PING_KEY = '00000000-0000-4000-8000-000000000000'
const HAS_PROC = existsSync('/proc/self/status')

let cronguard: Binary
let job: { url: string; uuid: string }

beforeAll(async () => {
  cronguard = await Binary.prepare({
    CRONGUARD_DIALECT_SNITCH: 'on',
    CRONGUARD_DIALECT_HONEYBADGER: 'on',
  })
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  job = await monitorOf(cronguard, { key, name: 'backup', timeout: 3600, grace: 3600 })
  if (!HAS_PROC) console.warn('There is no /proc: the memory of the flooded server is not measured.')
})

afterAll(() => cronguard.dispose())

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
const JSON_TYPE = 'Content-Type: application/json\r\n'

test.each<[what: string, path: (uuid: string) => string, headers: string, isAnswered: boolean, start?: string]>([
  ['pings', (uuid) => `/ping/${uuid}`, '', false],
  ['forms with a long name', (uuid) => `/${uuid}?s=`, FORM, false],
  ['forms with a long field', (uuid) => `/${uuid}?s=`, FORM, false, 'm='],
  ['JSON with a long string', (uuid) => `/v1/check_in/${uuid}`, JSON_TYPE, false, '{"check_in":{"stdout":"'],
  ['JSON without strings', (uuid) => `/v1/check_in/${uuid}`, JSON_TYPE, true],
  ['pings to an unknown monitor', () => `/ping/${UNKNOWN_PING_KEY}`, '', true],
  ['requests for nothing', () => '/nothing', '', true],
  ['requests with a wrong API key', () => '/api/v3/checks/', `X-Api-Key: ${'x'.repeat(32)}\r\n`, true],
  ['sign-ins', () => '/login', FORM, true],
])(
  `While ${SENDERS} clients send %s without end, memory stays below ${RSS_MAX_MB} MB and other pings arrive`,
  async (_what, path, headers, isAnswered, start = '') => {
    for (const length of [`Content-Length: ${BODY_BYTES}\r\n`, 'Transfer-Encoding: chunked\r\n']) {
      const head = `POST ${path(job.uuid)} HTTP/1.1\r\nHost: x\r\n${headers}${length}\r\n`
      const senders = Array.from({ length: SENDERS }, () => new Sender(cronguard.port, { head, start }))
      try {
        await pingAsUsual()
        await eventually('all that the senders have', () => senders.every(({ isDone }) => isDone))
        await pingAsUsual()
        expect(senders.some(({ isTurnedAway }) => isTurnedAway)).toBe(isAnswered)
        for (const { answer } of senders) expect(answer).toMatch(/^$|^HTTP\/1.1 (401|404|413|429|503) /)
      } finally {
        for (const sender of senders) sender.end()
      }
    }
    if (HAS_PROC) expect(peakRssMb()).toBeLessThan(RSS_MAX_MB)
  },
  40_000,
)

async function pingAsUsual(): Promise<void> {
  for (let turn = 0; turn < PINGS; turn++) {
    const body = turn % 2 === 0 ? 'All is well.' : 'x'.repeat(50_000)
    const answer = await fetch(`${cronguard.url}/ping/${job.uuid}`, { method: 'POST', body })
    expect([answer.status, await answer.text()]).toEqual([200, 'OK'])
  }
}

/** The peak since the start. */
function peakRssMb(): number {
  const status = readFileSync(`/proc/${cronguard.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Sends a body as fast as it is read, except for its end, and then a byte from time to time. */
class Sender {
  isDone = false
  /** Answered, or disconnected: the answer to a body that is still being sent may be lost with the connection. */
  isTurnedAway = false
  answer = ''
  readonly #socket: Socket
  readonly #isChunked: boolean
  #left = BODY_BYTES - MISSING_BYTES
  #drip: ReturnType<typeof setInterval> | undefined

  constructor(port: number, { head, start }: { head: string; start: string }) {
    this.#isChunked = head.includes('chunked')
    this.#socket = connect(port, '127.0.0.1', () => {
      this.#socket.write(head)
      if (start !== '') this.#sendPart(Buffer.from(start))
      this.#send()
    })
    this.#socket.on('drain', () => this.#send())
    this.#socket.on('data', (data) => {
      this.answer += data
      this.#turnAway()
    })
    this.#socket.on('error', () => this.#turnAway())
    this.#socket.on('close', () => this.#turnAway())
  }

  end(): void {
    clearInterval(this.#drip)
    this.#socket.destroy()
  }

  #turnAway(): void {
    this.isTurnedAway = true
    this.isDone = true
  }

  #send(): void {
    while (this.#left > 0 && !this.#socket.destroyed) {
      if (!this.#sendPart(CHUNK.subarray(0, this.#left))) return
    }
    if (this.#left > 0 || this.#drip !== undefined) return
    this.isDone = true
    this.#drip = setInterval(() => this.#write(CHUNK.subarray(0, 1)), DRIP_MS)
  }

  #sendPart(part: Buffer): boolean {
    this.#left -= part.length
    return this.#write(part)
  }

  #write(part: Buffer): boolean {
    if (!this.#isChunked) return this.#socket.write(part)
    this.#socket.write(`${part.length.toString(16)}\r\n`)
    this.#socket.write(part)
    return this.#socket.write('\r\n')
  }
}
