// A kill during a storm of alerts to one webhook: interrupted deliveries must not delay the rest.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

const JOBS = 200
const BEFORE_KILL = 60
const FIRST_MESSAGE_MAX_MS = 2000

let cronguard: Binary
let receiver: ReturnType<typeof startSlowReceiver>
let urls: string[]

beforeAll(async () => {
  cronguard = await Binary.prepare()
  receiver = startSlowReceiver()
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  await cronguard.api('/channels/', { key, body: { kind: 'webhook', name: 'hook', settings: { url: receiver.url } } })
  const names = Array.from({ length: JOBS }, (_, index) => `job ${index}`)
  const monitors = await Promise.all(
    names.map((name) => monitorOf(cronguard, { key, name, timeout: 3600, grace: 3600 })),
  )
  urls = monitors.map(({ url }) => url)
}, 60_000)

afterAll(async () => {
  await cronguard.dispose()
  receiver.stop()
})

test('outbox: after a crash, the first message is sent within two seconds, and all arrive', async () => {
  await Promise.all(urls.map((url) => fetch(`${url}/fail`)))
  await eventually('some messages', () => receiver.ids.length >= BEFORE_KILL)
  await cronguard.end('SIGKILL')
  const before = receiver.ids.length
  const killedAt = performance.now()
  await cronguard.start()
  await eventually('the first message', () => receiver.ids.length > before, 70_000)
  const firstMs = performance.now() - killedAt
  await eventually('every message', () => new Set(receiver.ids).size === JOBS, 60_000)
  expect(firstMs).toBeLessThan(FIRST_MESSAGE_MAX_MS)
}, 150_000)

/** Answers slowly, so some deliveries are always being sent. */
function startSlowReceiver() {
  const ids: string[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      await Bun.sleep(50)
      ids.push(request.headers.get('x-cronguard-delivery') ?? '')
      return new Response('thank you')
    },
  })
  return { url: `http://127.0.0.1:${server.port}/hook`, ids, stop: () => server.stop(true) }
}
