import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findServiceManager, type ServiceManager } from '#lib/systemd.ts'
import { NotifySocket } from '../support/notify-socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'cronguard-notify-'))
let socket: NotifySocket | undefined

afterEach(() => {
  socket?.close()
  socket = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function listen(address: string): NotifySocket {
  socket = new NotifySocket(address)
  return socket
}

async function find(env: Record<string, string>): Promise<{ manager: ServiceManager; warnings: string[] }> {
  const warnings: string[] = []
  const manager = await findServiceManager(env, (sentence) => void warnings.push(sentence))
  return { manager, warnings }
}

function sayEverything(manager: ServiceManager): void {
  manager.extendStartTimeout(1500, 'Making ready')
  manager.ready('Watching')
  manager.alive()
  manager.status('two\nlines')
  manager.stopping('Finishing')
}

const EVERYTHING = [
  'EXTEND_TIMEOUT_USEC=1500000\nSTATUS=Making ready',
  'READY=1\nSTATUS=Watching',
  'WATCHDOG=1',
  'STATUS=two lines',
  'STOPPING=1\nSTATUS=Finishing',
]

describe('ServiceManager', () => {
  test.each([
    ['a path', join(folder, 'notify')],
    ['an abstract name', `@cronguard-${process.pid}`],
  ])('receives messages at %s', async (_what, address) => {
    const listening = listen(address)
    const { manager, warnings } = await find({ NOTIFY_SOCKET: address })
    sayEverything(manager)
    expect([listening.read(), warnings]).toEqual([EVERYTHING, []])
  })

  test.each([[{}], [{ NOTIFY_SOCKET: '' }], [{ WATCHDOG_USEC: '1000000' }]])('is not required: %j', async (env) => {
    const { manager, warnings } = await find(env)
    sayEverything(manager)
    expect([manager.watchdogMs, warnings]).toEqual([null, []])
  })

  test.each([
    ['vsock:2:1234', /neither a path nor an abstract name/],
    ['notify', /neither a path nor an abstract name/],
    ['/', /neither a path nor an abstract name/],
    [`/${'x'.repeat(107)}`, /too long/],
  ])('at the invalid address %p causes only a warning', async (address, words) => {
    const { manager, warnings } = await find({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '1000000' })
    sayEverything(manager)
    expect(warnings).toEqual([expect.stringMatching(words)])
    expect(manager.watchdogMs).toBe(null)
  })

  test('that is gone causes one warning', async () => {
    const { manager, warnings } = await find({ NOTIFY_SOCKET: join(folder, 'absent') })
    sayEverything(manager)
    expect(warnings).toEqual(['The service manager does not accept status messages from CronGuard.'])
  })

  test('that is stuck does not block', async () => {
    const listening = listen(join(folder, 'full'))
    const { manager, warnings } = await find({ NOTIFY_SOCKET: listening.address })
    for (let message = 0; message < 10_000; message += 1) manager.alive()
    expect(warnings).toHaveLength(1)
    expect(listening.read().length).toBeGreaterThan(0)
    manager.stopping('Finishing')
    expect(listening.count('STOPPING=1')).toBe(1)
  })

  test.each([
    [{ WATCHDOG_USEC: '60000000' }, 60_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) }, 60_000],
    [{ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' }, null],
    [{ WATCHDOG_USEC: '0' }, null],
    [{ WATCHDOG_USEC: 'soon' }, null],
    [{}, null],
  ])('has the watchdog timeout of %j', async (env, watchdogMs) => {
    const listening = listen(join(folder, 'watchdog'))
    const { manager } = await find({ NOTIFY_SOCKET: listening.address, ...env })
    expect(manager.watchdogMs).toBe(watchdogMs)
  })
})
