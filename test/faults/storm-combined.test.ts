// A kill during a storm of combined messages: what was being sent may arrive twice, and nothing is lost.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

const JOBS = 200
const CHANNELS = ['one', 'two']
/** How many messages a channel sends at the same time. */
const DOUBLES_MAX = 4

let cronguard: Binary
let receiver: ReturnType<typeof startReceiver>
let urls: string[]

beforeAll(async () => {
  cronguard = await Binary.prepare()
  receiver = startReceiver()
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  for (const name of CHANNELS) {
    const settings = { url: `${receiver.url}/${name}` }
    await cronguard.api('/channels/', { key, body: { kind: 'slack', name, settings } })
  }
  const names = Array.from({ length: JOBS }, (_, index) => `job ${index}`)
  const monitors = await Promise.all(
    names.map((name) => monitorOf(cronguard, { key, name, timeout: 3600, grace: 3600, urgent: true })),
  )
  urls = monitors.map(({ url }) => url)
}, 60_000)

afterAll(async () => {
  receiver.stop()
  await cronguard.dispose()
})

test('outbox: a crash among combined messages loses no incident, and repeats at most four messages', async () => {
  await Promise.all(urls.map((url) => fetch(`${url}/fail`)))
  await eventually('messages without an answer', () => CHANNELS.every((name) => sizesOf(name).length > 1))
  await cronguard.end('SIGKILL')
  const before = new Map(CHANNELS.map((name) => [name, receiver.messagesOf(name).length]))
  receiver.answer()
  await cronguard.start()
  const isComplete = (name: string): boolean => new Set(receiver.messagesOf(name).flat()).size === JOBS
  await eventually('every incident', () => CHANNELS.every(isComplete), 60_000)
  await eventually('an empty outbox', () => countUnsettled() === 0, 60_000)
  for (const name of CHANNELS) {
    const messages = receiver.messagesOf(name)
    const early = new Set(messages.slice(0, before.get(name)).flat())
    const later = messages.slice(before.get(name))
    const doubles = later.filter((jobs) => jobs.some((job) => early.has(job)))
    expect(doubles.length).toBeWithin(1, DOUBLES_MAX + 1)
    const all = later.flat()
    expect(all.filter((job, index) => all.indexOf(job) !== index)).toEqual([])
    expect(Math.max(...sizesOf(name))).toBeGreaterThan(10)
  }
}, 150_000)

function sizesOf(channel: string): number[] {
  return receiver.messagesOf(channel).map((jobs) => jobs.length)
}

function countUnsettled(): number {
  const sql = 'SELECT count(*) AS count FROM deliveries WHERE settled_at IS NULL'
  return cronguard.withDatabase((database) => database.query<{ count: number }, []>(sql).get()?.count ?? 0)
}

/** Answers the first message to each path, and the others only after `answer` was called. */
function startReceiver() {
  const received = new Map<string, string[][]>()
  const { promise: mayAnswer, resolve } = Promise.withResolvers<void>()
  const messagesOf = (name: string): string[][] => received.get(name) ?? []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      const name = new URL(request.url).pathname.slice(1)
      const jobs = new Set((await request.text()).match(/Down: job \d+/g))
      received.set(name, [...messagesOf(name), [...jobs]])
      if (messagesOf(name).length > 1) await mayAnswer
      return new Response('ok')
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, messagesOf, answer: resolve, stop: () => server.stop(true) }
}
