// How many bytes of ping bodies are kept.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { prune } from '#actions/retention.ts'
import { NO_BODY } from '#domain/body.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findOldestBody } from '#store/bodies.ts'
import { insertPing, listPings } from '#store/pings.ts'
import { type DataFolder, dataFolder } from './support/data-folder.ts'
import { pingNumbers, pruneAll } from './support/retention.ts'
import { memberOf } from './support/visitor.ts'

let data: DataFolder
let guard: DataFolder['guard']
let project: Project
let backup: Monitor

function start(env: Record<string, string> = {}): void {
  data = dataFolder(env)
  guard = data.guard
  project = guard.project()
  backup = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: HOUR }, graceMs: HOUR })
}

beforeEach(() => start())
afterEach(() => data.clear())

const numbers = (monitor = backup) => pingNumbers(guard, monitor)

describe('Retention of bodies', () => {
  const bodies = (monitor = backup) =>
    listPings(guard.db, { monitorId: monitor.id, limit: 1000 })
      .filter(({ bodySize }) => bodySize > 0)
      .map(({ number }) => number)
  const post = async (times: number, monitor = backup) => {
    for (let n = 0; n < times; n++) {
      guard.clock.advance(MINUTE)
      await guard.ping(monitor, '', { method: 'POST', body: new Uint8Array(10_000).fill(0x41) })
    }
  }

  test('prune keeps the newest CRONGUARD_PROJECT_BODY_BYTES of a project, and all pings', async () => {
    data.clear()
    start({ CRONGUARD_PROJECT_BODY_BYTES: '1000000' })
    const other = guard.monitor(project, { name: 'other' })
    const elsewhere = guard.monitor(guard.project('bob@example.org'), { name: 'elsewhere' })
    await post(20, elsewhere)
    await post(60, other)
    await post(60)
    await pruneAll(guard)
    expect([numbers(other).length, numbers().length]).toEqual([60, 60])
    expect([bodies(other).length, bodies(other).at(-1), bodies().length, bodies(elsewhere).length]).toEqual([
      40, 21, 60, 20,
    ])
    const viewer = await memberOf(guard, project, 'viewer')
    const page = await viewer.read(`/monitors/${other.uniqueKey}/pings/1`)
    expect(page).toContain('The body (10,000 bytes) is not stored')
    expect(page).not.toContain('No body.')
    const headers = { 'X-Api-Key': guard.apiKey(project) }
    const pings = await guard.request(`/api/v3/checks/${other.pingKey}/pings/`, { headers })
    const [newest, ...older] = ((await pings.json()) as { pings: { n: number; body_url: string | null }[] }).pings
    expect([newest?.n, older.at(-1)?.n]).toEqual([60, 1])
    expect([newest?.body_url === null, older.at(-1)?.body_url]).toEqual([false, null])
    const dropped = await guard.request(`/api/v3/checks/${other.pingKey}/pings/1/body`, { headers })
    expect(dropped.status).toBe(404)
    await pruneAll(guard)
    expect(bodies(other).length).toBe(40)
  })

  test('below CRONGUARD_DISK_RESERVE_BYTES, a ping loses its body, but its alert has the output', async () => {
    data.clear()
    start({ CRONGUARD_DISK_RESERVE_BYTES: '999999999999999' })
    guard.mailTo(project, 'ops@example.org')
    await guard.ping(backup)
    await guard.ping(backup, '/fail', { method: 'POST', body: 'disk quota exceeded' })
    await guard.tick()
    expect(numbers()).toEqual([2, 1])
    expect(bodies()).toEqual([])
    expect(guard.outside.mails.map(({ text }) => text)).toEqual([expect.stringContaining('disk quota exceeded')])
    const viewer = await memberOf(guard, project, 'viewer')
    const page = await viewer.read(`/monitors/${backup.uniqueKey}/pings/2`)
    expect(page).toContain('The body (19 bytes) is not stored')
  })

  test('bodies are stored with CRONGUARD_DISK_RESERVE_BYTES=0', async () => {
    data.clear()
    start({ CRONGUARD_DISK_RESERVE_BYTES: '0' })
    await post(1)
    expect(bodies()).toEqual([1])
  })

  test('prune counts the unpacked size of compressed bodies', async () => {
    data.clear()
    start({ CRONGUARD_PROJECT_BODY_BYTES: '1000000' })
    const headers = { 'Content-Encoding': 'gzip' }
    const body = gzipSync(new Uint8Array(10_000).fill(0x41))
    for (let n = 0; n < 120; n++) await guard.ping(backup, '', { method: 'POST', headers, body })
    await pruneAll(guard)
    expect(bodies().length).toBeLessThan(100)
    expect(bodies()[0]).toBe(120)
    const viewer = await memberOf(guard, project, 'viewer')
    const page = await viewer.read(`/monitors/${backup.uniqueKey}/pings/1`)
    expect(page).toContain(`The body (${body.length} bytes) is not stored`)
  })

  test('findOldestBody does not read pings without a body', async () => {
    const bare = {
      kind: 'success',
      runId: null,
      exitStatus: null,
      durationMs: null,
      at: 1,
    } as const
    const origin = { scheme: 'http', method: 'GET', remoteAddress: null, userAgent: '', reportedBy: null } as const
    guard.db.write((tx) => {
      for (let number = 1; number <= 20_000; number++)
        insertPing(tx, { ...bare, ...origin, ...NO_BODY, monitorId: backup.id, number })
    })
    const startedAt = performance.now()
    for (let times = 0; times < 100; times++) expect(findOldestBody(guard.db, backup.id)).toBeNull()
    expect(performance.now() - startedAt).toBeLessThan(100)
  })

  test('prune deletes nothing within the limit', async () => {
    await post(20)
    await pruneAll(guard)
    expect(bodies().length).toBe(20)
  })

  test('prune deletes bodies in chunks', async () => {
    data.clear()
    start({ CRONGUARD_PROJECT_BODY_BYTES: '1000000' })
    await post(1)
    for (let n = 0; n < 400; n++) await guard.ping(backup, '', { method: 'POST', body: new Uint8Array(10_000) })
    const left = [bodies().length]
    for await (const _ of prune(guard.deps)) if (bodies().length !== left.at(-1)) left.push(bodies().length)
    expect(left).toEqual([401, 301, 201, 101, 100])
  })
})
