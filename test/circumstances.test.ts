import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { acknowledgeIncident } from '#actions/incidents.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Circumstances, MonitorNotification } from '#domain/notification.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { listStories } from '#store/stories.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = hourly('backup')
})

afterEach(() => guard.stop())

function hourly(name: string): Monitor {
  return guard.monitor(project, { name, schedule: { kind: 'period', periodMs: HOUR }, graceMs: 10 * MINUTE })
}

/** Of the newest incident: what its last notification says. */
function last(monitor: Monitor): MonitorNotification & { circumstances: Circumstances } {
  const [story] = listStories(guard.db, { monitorId: monitor.id, limit: 1 })
  const notification = (story?.closing ?? story?.opening)?.notification
  if (!notification?.circumstances) throw new Error('There is no notification.')
  return { ...notification, circumstances: notification.circumstances }
}

const send = (body: string, ending = '') => guard.ping(backup, ending, { method: 'POST', body })

describe('A notification', () => {
  test('holds the output of the failing ping', async () => {
    await send('fine')
    await send('no space left', '/fail')
    expect(last(backup).circumstances.output).toEqual({
      pingNumber: 2,
      text: 'no space left',
      cut: { start: false, end: false },
    })
  })

  test('of a missed ping holds the output of the last one, and when it last worked', async () => {
    await send('fine')
    const at = guard.clock.now()
    await guard.pass(HOUR + 10 * MINUTE)
    expect(last(backup).circumstances).toMatchObject({ output: { pingNumber: 1, text: 'fine' }, lastSuccessAt: at })
  })

  test('holds no output if the last ping sent none', async () => {
    await send('fine')
    await guard.ping(backup, '/fail')
    expect(last(backup).circumstances.output).toBeNull()
  })

  test('holds a compressed output as text', async () => {
    const body = Bun.gzipSync(new TextEncoder().encode('disk full'))
    await guard.ping(backup, '/1', { method: 'POST', headers: { 'Content-Encoding': 'gzip' }, body })
    expect(last(backup).circumstances.output?.text).toBe('disk full')
  })

  test('holds how long runs usually take, without the run that failed', async () => {
    for (const minutes of [3, 5, 4, 9]) {
      await guard.ping(backup, '/start')
      guard.clock.advance(minutes * MINUTE)
      await guard.ping(backup, minutes === 9 ? '/fail' : '')
    }
    const { lastPing, circumstances } = last(backup)
    expect(circumstances.usualMs).toBe(4 * MINUTE)
    expect(lastPing?.durationMs).toBe(9 * MINUTE)
  })

  test('counts missed runs when the monitor goes down, and over the whole incident when it recovers', async () => {
    await guard.ping(backup)
    await guard.pass(HOUR + 10 * MINUTE)
    expect(last(backup).circumstances.runs).toEqual({ missed: 1, failed: 0, isMore: false })
    await guard.pass(3 * HOUR, 10 * MINUTE)
    await guard.ping(backup)
    expect(last(backup)).toMatchObject({
      status: 'up',
      circumstances: { runs: { missed: 4, failed: 0, isMore: false } },
    })
  })

  test('names other monitors of the project that are down: ten, and how many', async () => {
    const others = Array.from({ length: 12 }, (_, index) => hourly(`job-${index}`))
    for (const other of others) await guard.ping(other, '/fail')
    await guard.ping(backup, '/fail')
    expect(last(backup).circumstances.othersDown).toEqual({
      names: others.slice(0, 10).map(({ name }) => name),
      count: 12,
      isMore: false,
    })
    expect(last(others[1] as Monitor).circumstances.othersDown).toEqual({
      names: ['job-0'],
      count: 1,
      isMore: false,
    })
  })

  test('of a recovery holds who acknowledged the incident', async () => {
    await guard.ping(backup, '/fail')
    const { incidentId } = last(backup).circumstances
    acknowledgeIncident(guard.deps, { projectId: project.id, incidentId, userId: null })
    const at = guard.clock.now()
    await guard.ping(backup)
    expect(last(backup).circumstances).toMatchObject({ incidentId, acknowledgment: { at, by: null } })
  })
})
