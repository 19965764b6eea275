import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { NotifySocket } from '../support/notify-socket.ts'

const WATCHDOG_USEC = '400000'

describe('The server under systemd', () => {
  let cronguard: Binary
  let socket: NotifySocket

  beforeAll(async () => {
    const address = `@cronguard-binary-${process.pid}`
    socket = new NotifySocket(address)
    cronguard = await Binary.prepare({ NOTIFY_SOCKET: address, WATCHDOG_USEC })
    await cronguard.start()
  })

  afterAll(async () => {
    await cronguard.dispose()
    socket.close()
  })

  test('reports the migration, readiness, heartbeats and the stop', async () => {
    await eventually('five heartbeats', () => socket.count('WATCHDOG=1') >= 5)
    const steps = socket.messages.filter((message) => /^EXTEND_TIMEOUT_USEC=\d+\nSTATUS=/.test(message))
    expect(steps.length).toBeGreaterThan(0)
    expect(socket.messages[steps.length]).toBe(`READY=1\nSTATUS=Running at ${cronguard.url}`)
    expect(await cronguard.end('SIGTERM')).toBe(0)
    expect(socket.count('STOPPING=1')).toBe(1)
  })

  test('does not extend the timeout when the database is up to date', async () => {
    socket.forget()
    await cronguard.start()
    await eventually('the report of readiness', () => socket.count('READY=1') === 1)
    expect(socket.messages[0]).toStartWith('READY=1')
    await cronguard.end('SIGTERM')
  })

  test('is not reported to systemd by commands', async () => {
    socket.forget()
    await cronguard.run(['user', 'list'])
    expect(socket.read()).toEqual([])
  })
})

test('Without systemd, the log does not mention it', async () => {
  const cronguard = await Binary.prepare()
  await cronguard.start()
  await cronguard.end('SIGTERM')
  expect(await Bun.file(cronguard.logPath).text()).not.toMatch(/service manager|systemd|ffi/i)
  await cronguard.dispose()
})

test('NOTIFY_SOCKET without a listener: the server starts, and warns once', async () => {
  const cronguard = await Binary.prepare({ NOTIFY_SOCKET: join('/nonexistent', 'notify'), WATCHDOG_USEC })
  await cronguard.start()
  await cronguard.end('SIGTERM')
  expect((await Bun.file(cronguard.logPath).text()).match(/The service manager/g)).toHaveLength(1)
  await cronguard.dispose()
})
