// Maintenance windows in exports and imports.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { openByPing, planMaintenance } from '#actions/maintenance.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR } from '#lib/duration.ts'
import { listWindows } from '#store/maintenance.ts'
import { TestGuard } from './support/cronguard.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})
afterEach(() => guard.stop())

const job = (): Monitor => guard.monitor(project, { name: 'backup', tags: 'nas' })

describe('Maintenance in an export', () => {
  const plans = (to: typeof guard) =>
    listWindows(to.db, { projectId: project.id, since: to.clock.now() }).map(({ scope, name, times }) => ({
      scope: scope.is,
      name,
      times,
    }))

  test('is imported with its monitors, once, and not what is over or began with a ping URL', async () => {
    const monitor = job()
    const now = guard.clock.now()
    const recurring = {
      is: 'recurring' as const,
      startsAt: now,
      durationMs: HOUR,
      schedule: { kind: 'cron' as const, expression: '0 3 * * 0', periodMs: 0, timeZone: 'Europe/Riga' },
    }
    const once = { is: 'once' as const, startsAt: now + HOUR, endsAt: now + 2 * HOUR }
    for (const [name, scope, times] of [
      ['weekly', { is: 'monitor', monitorId: monitor.id }, recurring],
      ['reboot', { is: 'tag', tag: 'nas' }, once],
      ['all', { is: 'project' }, once],
    ] as const) {
      planMaintenance(guard.deps, { projectId: project.id, name, scope, times, userId: null })
    }
    openByPing(guard.deps, { monitorId: monitor.id, ms: HOUR, address: '192.0.2.1' })
    const content = readExport(JSON.stringify(exportConfiguration(guard.deps, { withSecrets: true })))
    const to = new TestGuard()
    to.project('bob@example.org')
    const order = { content, ownerEmail: 'bob@example.org', isDryRun: false }
    const outcomes = async () =>
      (await importConfiguration(to.deps, order))
        .filter(({ what }) => what === 'maintenance')
        .map(({ outcome }) => outcome)
    expect(await outcomes()).toEqual(['created', 'created', 'created'])
    expect(plans(to)).toEqual([
      { scope: 'monitor', name: 'weekly', times: recurring },
      { scope: 'tag', name: 'reboot', times: once },
      { scope: 'project', name: 'all', times: once },
    ])
    expect(await outcomes()).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(plans(to)).toHaveLength(3)
    to.stop()
    const late = new TestGuard()
    late.project('bob@example.org')
    late.clock.advance(DAY)
    expect((await importConfiguration(late.deps, order)).at(-1)).toMatchObject({ outcome: 'unchanged' })
    expect(plans(late).map(({ name }) => name)).toEqual(['weekly'])
    late.stop()
  })

  test('with impossible times is refused, and nothing is imported', async () => {
    job()
    const { projects, ...rest } = exportConfiguration(guard.deps, { withSecrets: true })
    const window = { id: crypto.randomUUID(), name: 'x', monitor: null, tag: null, starts_at: 0, schedule: null }
    const maintenance = [{ ...window, ends_at: null, duration_ms: null }]
    const content = readExport(JSON.stringify({ ...rest, projects: projects.map((one) => ({ ...one, maintenance })) }))
    const to = new TestGuard()
    to.project('bob@example.org')
    const order = { content, ownerEmail: 'bob@example.org', isDryRun: false }
    await expect(importConfiguration(to.deps, order)).rejects.toThrow('has no end and no schedule')
    expect(to.db.all('SELECT * FROM monitors')).toEqual([])
    to.stop()
  })
})
