// The forms that snooze monitors, and end a snooze.

import { endSnooze, requireTag, snooze } from '#actions/snoozes.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import { SNOOZE_LENGTHS, type SnoozeLength, snoozeEnd } from '#domain/snooze.ts'
import { inProject, onMonitor, type ProjectRequest, projectOf, signedIn, type WebDeps } from '#http/guards.ts'
import { redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { type Address, url } from '#lib/base-path.ts'
import { findIncident } from '#store/incidents.ts'
import { findMonitorById } from '#store/monitors.ts'
import { findSnooze } from '#store/snoozes.ts'
import { backFrom } from './incident-list.ts'

const FORM = { parse: 'none' } as const

export function snoozeRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/snoozes')
    .post(
      '/monitors/:monitor/snooze',
      onMonitor(web, 'operate', (context) => {
        const { id: monitorId, uniqueKey } = context.monitor
        return start(web, context, { scope: { is: 'monitor', monitorId }, back: url(`/monitors/${uniqueKey}`) })
      }),
      FORM,
    )
    .post(
      '/incidents/:incident/snooze',
      signedIn(web, (context) => {
        const incidentId = context.params.incident ?? ''
        const found = findIncident(web.deps.db, incidentId)
        const project = projectOf(web, { context, projectId: found?.projectId ?? '', permission: 'operate' })
        const scope = { is: 'monitor' as const, monitorId: found?.incident.monitorId ?? 0 }
        return start(
          web,
          { ...context, project },
          { scope, back: backFrom({ form: context.form, projectId: project.id, incidentId }) },
        )
      }),
      FORM,
    )
    .post(
      '/projects/:project/snoozes',
      inProject(web, 'operate', (context) => {
        const { id: projectId } = context.project
        const tag = context.form.text('tag').trim()
        const scope: MonitorScope =
          tag === '' ? { is: 'project' } : { is: 'tag', tag: requireTag(web.deps.db, { projectId, tag }) }
        return start(web, context, { scope, back: url(`/projects/${projectId}/incidents`) })
      }),
      FORM,
    )
    .post(
      '/snoozes/:snooze/end',
      signedIn(web, (context) => {
        const snoozeId = context.params.snooze ?? ''
        const found = findSnooze(web.deps.db, snoozeId)
        const project = projectOf(web, { context, projectId: found?.projectId ?? '', permission: 'operate' })
        endSnooze(web.deps, { projectId: project.id, snoozeId })
        const monitor = found?.scope.is === 'monitor' ? findMonitorById(web.deps.db, found.scope.monitorId) : null
        return redirect(
          url(monitor ? `/monitors/${monitor.uniqueKey}` : `/projects/${project.id}/incidents`),
          'snooze-ended',
        )
      }),
      FORM,
    )
}

function start(
  { deps }: WebDeps,
  { user, project, form }: ProjectRequest,
  { scope, back }: { scope: MonitorScope; back: Address },
): Response {
  const endsAt = snoozeEnd(readLength(form.text('length')), { now: deps.clock.now(), zone: user.timeZone })
  snooze(deps, { projectId: project.id, scope, endsAt, userId: user.id })
  return redirect(back, 'snoozed')
}

function readLength(text: string): SnoozeLength {
  return SNOOZE_LENGTHS.find((known) => known === text) ?? '1h'
}
