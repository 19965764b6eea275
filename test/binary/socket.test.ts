import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, buildBinary, execute } from '../support/binary.ts'

const SILENCE_MS = 66_000

let folder: string
let socket: string

beforeAll(async () => {
  await buildBinary()
  folder = mkdtempSync(join(tmpdir(), 'cronguard-socket-'))
  socket = join(folder, 'cronguard.sock')
})

const running: Binary[] = []
afterAll(async () => {
  for (const cronguard of running) await cronguard.dispose()
})

async function prepare(env: Record<string, string>, inFolder?: string): Promise<Binary> {
  const cronguard = await Binary.prepare(env, inFolder)
  running.push(cronguard)
  return cronguard
}

async function ask(path: string): Promise<string> {
  return (await execute(['curl', '-sS', '--unix-socket', socket, `http://localhost${path}`])).stdout
}

test('The server listens on its unix socket and its port, and removes the socket when it stops', async () => {
  const cronguard = await prepare({ CRONGUARD_SOCKET: socket }, folder)
  await cronguard.start()
  expect(await ask('/livez')).toBe('alive\n')
  expect(await (await fetch(`${cronguard.url}/livez`)).text()).toBe('alive\n')
  expect(statSync(socket).mode & 0o777).toBe(0o660)
  expect(await cronguard.end('SIGTERM')).toBe(0)
  expect(existsSync(socket)).toBe(false)

  await cronguard.start()
  await cronguard.end('SIGKILL')
  expect(existsSync(socket)).toBe(true)
  await cronguard.start()
  expect(await ask('/livez')).toBe('alive\n')

  const another = await prepare({ CRONGUARD_SOCKET: socket })
  await expect(another.start()).rejects.toThrow(
    `CronGuard cannot listen on the socket ${socket}: another process is listening on it`,
  )
  expect(await ask('/livez')).toBe('alive\n')
}, 30_000)

// Socket and port at the same time, because the test takes more than a minute.
test('A connection stays open after 66 silent seconds, between pings or within a body', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'cronguard-socket-')), 'silent.sock')
  const cronguard = await prepare({ CRONGUARD_SOCKET: path })
  await cronguard.start()
  const head = 'HTTP/1.1\r\nHost: localhost\r\n'
  const silences = [{ path }, { host: '127.0.0.1', port: cronguard.port }].flatMap((target) => [
    sendAfterSilence(target, [`GET /livez ${head}\r\n`, `GET /livez ${head}\r\n`]),
    sendAfterSilence(target, [`POST /ping/${crypto.randomUUID()} ${head}Content-Length: 4\r\n\r\nhal`, 'f']),
  ])
  const answers = await Promise.all(silences)
  const statuses = answers.map((answer) => answer.match(/HTTP\/1.1 \d+/g)?.join(' '))
  const [between, within] = ['HTTP/1.1 200 HTTP/1.1 200', 'HTTP/1.1 404']
  expect(statuses).toEqual([between, within, between, within])
}, 100_000)

function sendAfterSilence(target: NetConnectOpts, [first = '', second = '']: string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const { promise: silence, resolve: endSilence } = Promise.withResolvers<void>()
    const connection = connect(target, () => {
      connection.write(first)
      setTimeout(() => {
        endSilence()
        connection.write(second)
      }, SILENCE_MS)
    })
    connection.on('data', (data) => {
      answer += data
      void silence.then(() => connection.end())
    })
    connection.on('error', () => resolve(answer))
    connection.on('close', () => resolve(answer))
  })
}

test('The log has priorities and no times in the journal, and times in a file', async () => {
  const own = mkdtempSync(join(tmpdir(), 'cronguard-journal-'))
  writeFileSync(join(own, 'log'), '')
  const { dev, ino } = statSync(join(own, 'log'), { bigint: true })
  const journaled = await prepare({ JOURNAL_STREAM: `${dev}:${ino}` }, own)
  await journaled.start()
  await journaled.end('SIGTERM')
  const lines = (await Bun.file(journaled.logPath).text()).split('\n')
  expect(lines.find((line) => line.includes('CronGuard started'))).toStartWith('<6>INFO: CronGuard started {"address":')
  expect(lines.find((line) => line.includes('No mail server'))).toStartWith('<4>WARN: No mail server is configured')

  const filed = await prepare({ JOURNAL_STREAM: '1:2' })
  await filed.start()
  expect(await Bun.file(filed.logPath).text()).toMatch(/^\[\d{4}-\d\d-\d\d [\d:.]+\] INFO: CronGuard started/m)
}, 30_000)
