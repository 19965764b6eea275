import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { unhealthyParts } from '#domain/health.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { type Loop, type RunningLoops, startLoops } from '#loops/index.ts'
import { createWarner } from '#loops/warnings.ts'
import { createWatcher } from '#loops/watcher.ts'
import { eventually } from '../support/binary.ts'
import { TestGuard } from '../support/cronguard.ts'
import { newOutbound } from '../support/outbound.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const KEY = '6f1c0f0a-0000-4000-8000-00000000beef'

type Receiver = ReturnType<typeof startHttpReceiver>
let receiver: Receiver
const guards: TestGuard[] = []
let running: RunningLoops | undefined

beforeEach(() => {
  receiver = startHttpReceiver()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  receiver.stop()
  for (const guard of guards.splice(0)) guard.stop()
})

function newGuard(env: Record<string, string> = {}): TestGuard {
  const guard = new TestGuard({ env })
  guard.deps.outbound = newOutbound()
  guards.push(guard)
  return guard
}

function watched(url = `${receiver.url}/ping/${KEY}?token=t0ken`): TestGuard {
  return newGuard({ CRONGUARD_HEARTBEAT_URL: url })
}

const HOURLY = { schedule: { kind: 'period', periodMs: HOUR }, graceMs: MINUTE } as const
const EVERY_TWO_MINUTES = { schedule: { kind: 'period', periodMs: 2 * MINUTE }, graceMs: MINUTE } as const

const toldBy = ({ log }: TestGuard) => log.map(({ level, event, fields }) => [level, event, fields])
const COULD_NOT = 'Could not call the heartbeat URL; retrying every minute'
const CAN_AGAIN = 'The heartbeat URL works again'
const NOBODY_LISTENS = 'http://127.0.0.1:1'

describe('The heartbeat URL', () => {
  test('is called every minute, unchanged', async () => {
    const watcher = createWatcher(watched().deps, () => [])
    expect(watcher.everyMs).toBe(MINUTE)
    await watcher.tick()
    await watcher.tick()
    expect(receiver.received.map(({ path, body }) => [path, body])).toEqual(Array(2).fill([`/ping/${KEY}`, '']))
    expect(receiver.received[0]?.headers).toMatchObject({ 'user-agent': 'CronGuard' })
  })

  test('is not called when it is not set', async () => {
    const guard = newGuard()
    await createWatcher(guard.deps, () => []).tick()
    expect(guard.outside.calls).toEqual([])
    expect(guard.log).toEqual([])
  })

  test.each(['checker', 'outbox', 'database'])(
    'is not called while the %s fails, and is again when it works',
    async (name) => {
      let isBroken = false
      const guard = watched()
      const loopOf = (part: string): Loop => ({
        name: part,
        everyMs: 1,
        tick: async () => {
          if (isBroken && part === name) throw new Error('broken')
        },
        settled: async () => {},
      })
      const loops = startLoops(guard.deps, ['checker', 'outbox', 'database'].map(loopOf))
      running = loops
      const readUnhealthyParts = () => unhealthyParts(loops.health())
      const watcher = createWatcher(guard.deps, readUnhealthyParts)
      await watcher.tick()
      expect(receiver.received).toHaveLength(1)
      isBroken = true
      await eventually('a failure', () => readUnhealthyParts().includes(name))
      await watcher.tick()
      expect(receiver.received).toHaveLength(1)
      isBroken = false
      await eventually('a tick that works', () => readUnhealthyParts().length === 0)
      await watcher.tick()
      expect(receiver.received).toHaveLength(2)
    },
  )

  test('failing is logged once without its path, and so is its recovery', async () => {
    const guard = watched()
    const watcher = createWatcher(guard.deps, () => [])
    const { host } = new URL(receiver.url)
    receiver.stop()
    await watcher.tick()
    await watcher.tick()
    expect(toldBy(guard)).toEqual([['warn', COULD_NOT, { host, problem: 'Connection refused' }]])
    const back = Bun.serve({ hostname: '127.0.0.1', port: Number(host.split(':')[1]), fetch: () => new Response('OK') })
    await watcher.tick()
    await watcher.tick()
    await back.stop(true)
    expect(toldBy(guard).slice(1)).toEqual([['info', CAN_AGAIN, { host }]])
    expect(JSON.stringify(guard.log)).not.toContain(KEY)
    expect(JSON.stringify(guard.log)).not.toContain('t0ken')
  })

  test.each([404, 500, 301])('that answers %d counts as failed', async (status) => {
    const peer = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('no', { status }) })
    const guard = watched(`http://127.0.0.1:${peer.port}/ping/${KEY}`)
    await createWatcher(guard.deps, () => []).tick()
    await peer.stop(true)
    expect(guard.log).toMatchObject([{ level: 'warn', fields: { problem: `Received status code ${status}` } }])
  })

  test('follows the outbound rules', async () => {
    const guard = watched('http://169.254.169.254/latest')
    await createWatcher(guard.deps, () => []).tick()
    const problem = '169.254.169.254 is a cloud metadata address. CronGuard never sends requests there.'
    expect(toldBy(guard)).toEqual([['warn', COULD_NOT, { host: '169.254.169.254', problem }]])
  })

  test('may be in a private network, even with open registration, because the operator set it', async () => {
    const guard = watched()
    guard.deps.outbound = newOutbound({ allowsPrivate: false })
    await createWatcher(guard.deps, () => []).tick()
    expect(receiver.received).toHaveLength(1)
  })

  test('does not block other loops when nothing answers', async () => {
    const guard = watched(`${NOBODY_LISTENS}/ping/${KEY}`)
    await expect(createWatcher(guard.deps, () => []).tick()).resolves.toBeUndefined()
  })
})

describe('Two servers', () => {
  /** A server that monitors the other one and sends alerts about it. */
  function member() {
    const guard = newGuard()
    const project = guard.project()
    const monitor = guard.monitor(project, { name: 'the other', ...EVERY_TWO_MINUTES })
    guard.mailTo(project, 'ops@example.org')
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request, self) => guard.handler(request, self.requestIP(request)?.address ?? null),
    })
    return {
      guard,
      monitor,
      server,
      unwell: [] as string[],
      url: `http://127.0.0.1:${server.port}/ping/${monitor.pingKey}`,
    }
  }

  test('can monitor each other: one alerts when the other fails, and when it recovers', async () => {
    const [riga, oslo] = [member(), member()]
    const calls = ([one, other]: [typeof riga, typeof oslo]) => {
      one.guard.deps.config = { ...one.guard.deps.config, heartbeatUrl: other.url }
      return createWatcher(one.guard.deps, () => one.unwell)
    }
    const watchers = [calls([riga, oslo]), calls([oslo, riga])]
    const pass = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        for (const watcher of watchers) await watcher.tick()
        await Promise.all([riga.guard.pass(MINUTE), oslo.guard.pass(MINUTE)])
      }
    }
    await pass(5)
    riga.unwell = ['checker']
    await pass(10)
    expect(oslo.guard.statuses(oslo.monitor)).toEqual(['up', 'down'])
    riga.unwell = []
    await pass(2)
    expect(oslo.guard.statuses(oslo.monitor)).toEqual(['up', 'down', 'up'])
    expect(riga.guard.statuses(riga.monitor)).toEqual(['up'])
    expect(oslo.guard.outside.subjects()).toEqual(['Down: the other', 'Up: the other'])
    await Promise.all([riga.server.stop(true), oslo.server.stop(true)])
  })
})

describe('A warning', () => {
  test('is logged once when it starts, and once when it is resolved', async () => {
    const guard = newGuard()
    const monitor = guard.monitor(guard.project(), { name: 'backup', ...HOURLY })
    const warner = createWarner(guard.deps)
    await guard.ping(monitor)
    await warner.tick()
    expect(guard.log).toEqual([])
    guard.clock.advance(2 * HOUR)
    await warner.tick()
    guard.clock.advance(MINUTE)
    await warner.tick()
    await guard.ping(monitor)
    guard.clock.advance(MINUTE)
    await warner.tick()
    await warner.tick()
    expect(toldBy(guard)).toEqual([
      [
        'warn',
        expect.stringContaining('Deadline checks are late: the oldest unchecked deadline passed'),
        { warning: 'checker' },
      ],
      ['info', 'Warning resolved', { warning: 'checker' }],
    ])
  })
})
