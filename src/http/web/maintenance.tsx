// The page of a project's maintenance windows.
import { endMaintenance, planMaintenance } from '#actions/maintenance.ts'
import { requireTag } from '#actions/snoozes.ts'
import type { Deps } from '#deps.ts'
import { type MaintenanceTimes, spansOf } from '#domain/maintenance.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import { readLength, readSchedule } from '#domain/schedule-input.ts'
import { type Form, orRerender, problemOf } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { inProject, type ProjectRequest, projectOf, signedIn, type WebDeps } from '#http/guards.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { AppError } from '#lib/errors.ts'
import { nextDays } from '#lib/zone.ts'
import { momentOfWallTime } from '#lib/zone-time.ts'
import { findWindow, listWindows } from '#store/maintenance.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import { type FormState, freshForm } from '#views/components/field.tsx'
import { MaintenancePage } from '#views/pages/maintenance.tsx'

const FORM = { parse: 'none' } as const
const DAYS = 28

export function maintenanceRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/maintenance')
    .get(
      '/projects/:project/maintenance',
      inProject(web, 'look', (context) => show(web.deps, context, { form: freshForm(INITIAL), problem: null })),
    )
    .post(
      '/projects/:project/maintenance',
      inProject(web, 'operate', (context) => plan(web.deps, context)),
      FORM,
    )
    .post(
      '/maintenance/:window/end',
      signedIn(web, (context) => {
        const windowId = context.params.window ?? ''
        const projectId = findWindow(web.deps.db, windowId)?.projectId ?? ''
        projectOf(web, { context, projectId, permission: 'operate' })
        endMaintenance(web.deps, { projectId, windowId })
        return redirect(url(`/projects/${projectId}/maintenance`), 'maintenance-ended')
      }),
      FORM,
    )
}

const INITIAL = { kind: 'once', length: '2 hours' }

interface Shown {
  form: FormState
  problem: string | null
}

function show({ db }: Deps, context: ProjectRequest, { form, problem }: Shown): Response {
  const { project, now, user } = context
  const days = nextDays(DAYS, { zone: user.timeZone, now })
  const windows = listWindows(db, { projectId: project.id, since: now })
  const monitors = listNamesAndTags(db, project.id)
  const isAgain = Object.keys(form.problems).length > 0 || problem !== null
  return page(
    <MaintenancePage
      context={frameOf(context)}
      project={project}
      reading={readingOf(context)}
      windows={windows}
      days={days.map((day) => ({
        ...day,
        spans: windows.flatMap((window) => spansOf(window.times, day).map((span) => ({ ...span, window }))),
      }))}
      monitors={monitors.map((monitor) => ({ id: monitor.id, name: shownName(monitor) }))}
      tags={[...new Set(monitors.flatMap(({ tags }) => tagList(tags)))].toSorted()}
      form={form}
      problem={problem}
    />,
    isAgain ? 422 : 200,
  )
}

function plan(deps: Deps, context: ProjectRequest): Promise<Response> {
  const { form, project, user } = context
  return orRerender(
    deps,
    () => {
      planMaintenance(deps, {
        projectId: project.id,
        scope: readScope(deps, context),
        name: form.text('name'),
        times: readTimes(form, { now: context.now, zone: user.timeZone }),
        userId: user.id,
      })
      return redirect(url(`/projects/${project.id}/maintenance`), 'maintenance-planned')
    },
    (error) =>
      show(deps, context, { form: { values: form.values, problems: error.fields }, problem: problemOf(error) }),
  )
}

// "all", "tag:nas" or "monitor:7"
function readScope({ db }: Deps, { form, project }: ProjectRequest): MonitorScope {
  const [is = '', ...rest] = form.text('monitors').split(':')
  const value = rest.join(':')
  if (is === 'tag') return { is: 'tag', tag: requireTag(db, { projectId: project.id, tag: value }) }
  if (is !== 'monitor') return { is: 'project' }
  const monitor = listNamesAndTags(db, project.id).find(({ id }) => String(id) === value)
  if (monitor === undefined) throw invalid('monitors', 'This monitor was deleted.')
  return { is: 'monitor', monitorId: monitor.id }
}

function readTimes(form: Form, { now, zone }: { now: number; zone: string }): MaintenanceTimes {
  const durationMs = readLength(form.text('length'))
  if (durationMs === null || durationMs <= 0) throw invalid('length', 'Write a duration, such as "2 hours".')
  if (form.text('kind') !== 'recurring') {
    const startsAt = form.text('starts') === '' ? now : readMoment(form.text('starts'), { now, zone })
    return { is: 'once', startsAt, endsAt: startsAt + durationMs }
  }
  const read = readTimesOfDay(form.text('schedule'))
  return { is: 'recurring', startsAt: now, durationMs, schedule: { ...read, periodMs: 0, timeZone: zone } }
}

function readTimesOfDay(text: string): { kind: 'cron' | 'on-calendar'; expression: string } {
  try {
    const read = readSchedule(text)
    if (read.kind !== 'period') return { kind: read.kind, expression: read.expression }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw invalid('schedule', error.message)
  }
  throw invalid('schedule', 'Use a time of day, such as "every Sunday at 3am".')
}

// What a browser sends for a date and time: "2026-12-24T22:00".
function readMoment(text: string, { now, zone }: { now: number; zone: string }): number {
  const wall = Date.parse(`${text}Z`)
  if (Number.isNaN(wall)) throw invalid('starts', 'Write a date and time, such as 2026-12-24T22:00.')
  return momentOfWallTime(zone, { wall, from: now })
}

function invalid(field: string, text: string): AppError {
  return new AppError('invalid', text, { [field]: text })
}
