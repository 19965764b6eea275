import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Monitor } from '#domain/monitor.ts'
import { type Listener, listenOnSocket } from '#http/listen.ts'
import { findPing } from '#store/pings.ts'
import { execute } from '../support/binary.ts'
import { TestGuard } from '../support/cronguard.ts'

let folder: string
let path: string
let guard: TestGuard
let backup: Monitor
let listener: Listener | null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-socket-'))
  path = join(folder, 'cronguard.sock')
  guard = new TestGuard()
  backup = guard.monitor(guard.project(), { name: 'backup' })
  listener = null
})

afterEach(async () => {
  await listener?.stop(0)
  guard.stop()
  rmSync(folder, { recursive: true })
})

async function open(): Promise<void> {
  listener = await listenOnSocket(guard.deps, path, guard.handler)
}

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await execute(['curl', '-sS', '-m', '5', '--unix-socket', path, ...args])
  return stdout
}

function newestPing() {
  return findPing(guard.db, { monitorId: backup.id, number: guard.now(backup).pingCount })
}

describe('Unix socket', () => {
  test('accepts pings like the port, for its user and its group', async () => {
    await open()
    expect(await curl('--data-binary', 'done', `http://localhost/ping/${backup.pingKey}`)).toBe('OK')
    expect(newestPing()).toMatchObject({ remoteAddress: null, scheme: 'http', bodySize: 4 })
    expect(statSync(path).mode & 0o777).toBe(0o660)
  })

  test('trusts the X-Forwarded headers of its clients', async () => {
    await open()
    const about = ['-H', 'X-Forwarded-For: 6.6.6.6, 198.51.100.1', '-H', 'X-Forwarded-Proto: https']
    await curl(...about, `http://localhost/ping/${backup.pingKey}`)
    expect(newestPing()).toMatchObject({ remoteAddress: '198.51.100.1', scheme: 'https' })
  })

  test('is removed when the listener stops, and a closed connection is not trusted', async () => {
    await open()
    await listener?.stop(0)
    listener = null
    expect(existsSync(path)).toBe(false)
    const headers = { 'X-Forwarded-For': '198.51.100.1' }
    await guard.request(`/ping/${backup.pingKey}`, { headers }, null)
    expect(newestPing()?.remoteAddress).toBeNull()
  })

  test('replaces a socket that a killed process left behind', async () => {
    const listen = `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response() })`
    await execute([process.execPath, '-e', `${listen}; process.kill(process.pid, 9)`])
    expect(statSync(path).isSocket()).toBe(true)
    await open()
    expect(await curl('http://localhost/livez')).toBe('alive\n')
  })

  test('does not replace a socket on which another process listens', async () => {
    await open()
    await expect(listenOnSocket(guard.deps, path, guard.handler)).rejects.toThrow('another process is listening on it')
    expect(await curl('http://localhost/livez')).toBe('alive\n')
  })

  test('does not replace another file, or a link', async () => {
    writeFileSync(path, 'precious')
    await expect(open()).rejects.toThrow('the file exists and is not a socket')
    expect(await Bun.file(path).text()).toBe('precious')
    rmSync(path)
    symlinkSync('/nowhere', path)
    await expect(open()).rejects.toThrow('the file exists and is not a socket')
  })
})
