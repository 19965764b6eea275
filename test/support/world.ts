import { planMaintenance } from '#actions/maintenance.ts'
import { invite } from '#actions/members.ts'
import { snooze as startSnooze } from '#actions/snoozes.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { listApiKeys } from '#store/projects.ts'
import { TestGuard } from './cronguard.ts'
import { memberOf } from './visitor.ts'

/** A project with one of everything, and the paths of its routes. */
export async function newWorld(guard = new TestGuard()) {
  const project = guard.project('owner-of-all@example.org')
  const monitor = guard.monitor(project, {
    name: 'backup',
    schedule: { kind: 'period', periodMs: HOUR },
    graceMs: MINUTE,
  })
  const channel = guard.mailTo(project, 'ops@example.org')
  guard.apiKey(project)
  await guard.ping(monitor, '', { method: 'POST', body: 'done' })
  await guard.ping(monitor, '/fail')
  await guard.tick()
  const target = await memberOf(guard, project, 'viewer', 'target@example.org')
  const owner = guard.db.get<{ id: string }>("SELECT id FROM users WHERE email = 'owner-of-all@example.org'")?.id ?? ''
  const { invitation } = await invite(guard.deps, {
    actor: { projectId: project.id, userId: owner },
    email: '',
    role: 'viewer',
  })
  const { id: snooze } = startSnooze(guard.deps, {
    projectId: project.id,
    scope: { is: 'project' },
    endsAt: guard.clock.now() + HOUR,
    userId: null,
  })
  const { id: window } = planMaintenance(guard.deps, {
    projectId: project.id,
    scope: { is: 'project' },
    name: '',
    times: { is: 'once', startsAt: guard.clock.now() + HOUR, endsAt: guard.clock.now() + 2 * HOUR },
    userId: null,
  })
  const ids: Record<string, string> = {
    project: project.id,
    monitor: monitor.uniqueKey,
    number: '1',
    channel,
    snooze,
    window,
    incident: guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id ?? '',
    delivery: guard.deliveries(monitor)[0]?.id ?? '',
    key: listApiKeys(guard.db, project.id)[0]?.id ?? '',
    invitation: invitation.id,
    user: target.user.id,
    session: guard.db.get<{ id: string }>('SELECT id FROM sessions')?.id ?? '',
    form: 'profile',
    page: 'pinging',
  }
  const pathOf = (pattern: string): string => pattern.replace(/:(\w+)/g, (_all, name) => ids[name] ?? 'unknown')
  return { guard, project, pathOf }
}

export type World = Awaited<ReturnType<typeof newWorld>>
