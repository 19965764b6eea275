import { unusableReasonOf } from '#actions/channels.ts'
import { parentAsInput } from '#actions/dependencies.ts'
import { monitorFingerprint, saveMonitor, updateMonitor } from '#actions/monitors.ts'
import { channelTitle } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { covers } from '#domain/channel.ts'
import { readCrontabLine } from '#domain/crontab-line.ts'
import { withRules } from '#domain/lifecycle.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import { defaultOf, ENTERED_SETTINGS, type MonitorSetting, settingValue } from '#domain/monitor-settings.ts'
import { DAILY } from '#domain/schedule.ts'
import { readSchedule, scheduleAsInput, scheduleChoices } from '#domain/schedule-input.ts'
import type { SettingValue } from '#domain/setting.ts'
import { orRerender, problemOf, type Retry } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { inProject, type MonitorRequest, onMonitor, type ProjectRequest, type WebDeps } from '#http/guards.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { SECOND } from '#lib/duration.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { listSlugs } from '#store/monitor-lists.ts'
import { findMonitorByUniqueKey } from '#store/monitors.ts'
import { freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { type ChannelUse, LENGTH_UNITS, MonitorFormPage } from '#views/pages/monitor-form.tsx'
import { SchedulePreview, type SchedulePreviewProps } from '#views/partials/schedule-preview.tsx'
import { scopeInWords, useInWords } from '#words/channel-scope.ts'
import { becauseInWords } from '#words/schedule.ts'
import { type Rhythm, readMonitorForm, readRhythm } from './monitor-spec.ts'

/** The forms that create and edit monitors. */
export function monitorFormRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/monitor-form')
    .get(
      '/projects/:project/monitors/new',
      inProject(web, 'operate', (context) => showNew(web, context)),
    )
    .post(
      '/projects/:project/monitors',
      inProject(web, 'operate', (context) => create(web, context)),
      { parse: 'none' },
    )
    .get(
      '/projects/:project/schedule-preview',
      inProject(web, 'operate', (context) => preview(web, context)),
    )
    .get(
      '/monitors/:monitor/edit',
      onMonitor(web, 'operate', (context) => showEdit(web, context)),
    )
    .post(
      '/monitors/:monitor',
      onMonitor(web, 'operate', (context) => update(web, context)),
      { parse: 'none' },
    )
}

type FormVisit = ProjectRequest & { monitor?: Monitor }

interface Shown {
  retry: Retry
  status?: number
  problem?: string | null
}

function showNew(web: WebDeps, context: ProjectRequest): Response {
  return show(web, context, { retry: freshForm(newValues(context)) })
}

function showEdit(web: WebDeps, context: MonitorRequest): Response {
  const offered = context.query.get('timeZone')
  const timeZone = offered && currentZoneName(offered)
  const values = {
    ...valuesOf(context.monitor),
    dependsOn: parentAsInput(web.deps.db, context.monitor),
    ...(timeZone ? { timeZone } : {}),
    [SEEN_FIELD]: fingerprintNow(web, context),
  }
  return show(web, context, { retry: freshForm(values) })
}

/** The monitor's current fingerprint. A form that is submitted again with it overwrites the changes of other users. */
function fingerprintNow({ deps: { db } }: WebDeps, { project, monitor }: MonitorRequest): string {
  return monitorFingerprint(
    findMonitorByUniqueKey(db, { projectId: project.id, uniqueKey: monitor.uniqueKey }) ?? monitor,
  )
}

async function create(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { form } = context
  return await saving(web, { context }, () => {
    const { deps } = web
    const projectId = context.project.id
    const change = readMonitorForm(form, formContext(web, context, null))
    const { monitor } = saveMonitor(deps, { projectId, match: null, change })
    return redirect(url(`/monitors/${monitor.uniqueKey}`), 'monitor-created')
  })
}

async function update(web: WebDeps, context: MonitorRequest): Promise<Response> {
  const { form } = context
  const { monitor } = context
  return await saving(web, { context, whenOutdated: () => fingerprintNow(web, context) }, () => {
    const { deps } = web
    const change = readMonitorForm(form, formContext(web, context, monitor))
    const ref = { projectId: monitor.projectId, pingKey: monitor.pingKey }
    updateMonitor(deps, { ref, change, seen: form.text(SEEN_FIELD) || undefined })
    return redirect(url(`/monitors/${monitor.uniqueKey}`), 'monitor-saved')
  })
}

interface Saving {
  context: FormVisit
  /** Returns the current fingerprint, for a form that was based on an older state. */
  whenOutdated?: () => string
}

function saving(web: WebDeps, { context, whenOutdated }: Saving, work: () => Response) {
  const { form } = context
  return orRerender(web.deps, work, (error) => {
    const seen = error.code === 'conflict' && whenOutdated ? { [SEEN_FIELD]: whenOutdated() } : {}
    return show(web, context, {
      retry: { values: { ...form.values, ...seen }, problems: error.fields },
      problem: problemOf(error),
      status: 422,
    })
  })
}

function formContext({ deps }: WebDeps, { project, now }: ProjectRequest, monitor: Monitor | null) {
  const takenSlugs = new Set(listSlugs(deps.db, { projectId: project.id, exceptId: monitor?.id ?? null }))
  return { monitor, takenSlugs, now }
}

function preview(web: WebDeps, context: ProjectRequest): Response {
  const uniqueKey = context.query.get('monitor')
  const monitor = uniqueKey && findMonitorByUniqueKey(web.deps.db, { projectId: context.project.id, uniqueKey })
  const text = (name: string): string => context.query.get(name) ?? ''
  return partial(<SchedulePreview {...previewOf(text, { ...context, ...(monitor ? { monitor } : {}) })} />)
}

function previewOf(text: (name: string) => string, context: FormVisit): SchedulePreviewProps {
  const problems: Record<string, string> = {}
  const rhythm = readRhythm(text, problems, { monitor: context.monitor ?? null, now: context.now })
  const reading = readingOf(context)
  const [problem] = Object.values(problems)
  const written = text('schedule')
  if (problem !== undefined) return { problem, choices: scheduleChoices(written), reading }
  const because = becauseInWords(readSchedule(written))
  const crontabLine = readCrontabLine(written)
  return {
    ...rhythm,
    because,
    crontabLine,
    reading,
    watched: context.monitor ? withRhythm(context.monitor, rhythm) : null,
  }
}

function withRhythm(monitor: Monitor, rhythm: Rhythm): Monitor | null {
  const watched = withRules(monitor, rhythm)
  return watched.deadlineAt === null ? null : watched
}

function show(web: WebDeps, context: FormVisit, { retry, status = 200, problem = null }: Shown): Response {
  const { monitor, project } = context
  return page(
    <MonitorFormPage
      context={frameOf(context)}
      projectId={project.id}
      monitor={monitor ? { uniqueKey: monitor.uniqueKey, shownName: shownName(monitor) } : null}
      form={retry}
      problem={problem}
      channels={channelUsesOf(web.deps, context)}
      preview={previewOf((name) => retry.values[name] ?? '', context)}
    />,
    status,
  )
}

/** The channels that the monitor uses or should use. A new one may get any tags. */
function channelUsesOf(deps: Deps, { project, monitor }: FormVisit): ChannelUse[] {
  const used = monitor && new Set(listChannelsOfMonitor(deps.db, monitor.id).map(({ id }) => id))
  return listChannels(deps.db, project.id).flatMap((channel) => {
    const { id, scope } = channel
    const isUsed = used?.has(id) ?? scope.is === 'all'
    if (!isUsed && !(monitor ? covers(scope, monitor.tags) : scope.is === 'tag')) return []
    const why = monitor ? useInWords(scope, { tags: monitor.tags, isUsed }) : scopeInWords(scope)
    return [{ id, name: channelTitle(channel), why, isUsed, unusableReason: unusableReasonOf(deps, channel) }]
  })
}

// The default is a period of one day. The user's time zone is filled in for schedules with a time of day.
function newValues({ user }: ProjectRequest): Record<string, string> {
  return { schedule: scheduleAsInput(DAILY), timeZone: user.timeZone }
}

function valuesOf(monitor: Monitor): Record<string, string> {
  return Object.assign(
    { schedule: scheduleAsInput(monitor.schedule), timeZone: monitor.schedule.timeZone },
    ...ENTERED_SETTINGS.map((setting) => shownValue(setting, settingValue(monitor, setting))),
  )
}

function shownValue(setting: MonitorSetting, value: SettingValue): Record<string, string> {
  const { kind, input } = setting
  if (kind.is === 'duration') return typeof value === 'number' ? lengthValues(input, value) : {}
  if (kind.is === 'flag') return value === true ? { [input]: 'on' } : {}
  if (kind.is === 'count' && value === defaultOf(setting)) return {}
  return { [input]: String(value ?? '') }
}

// Uses the largest unit that results in a whole number: 90 minutes instead of 1.5 hours.
function lengthValues(input: string, ms: number): Record<string, string> {
  if (ms === 0) return { [`${input}Count`]: '0', [`${input}Unit`]: 'minutes' }
  const { name, ms: unitMs } = LENGTH_UNITS.findLast((unit) => ms % unit.ms === 0) ?? { name: 'seconds', ms: SECOND }
  return { [`${input}Count`]: String(Math.max(1, Math.round(ms / unitMs))), [`${input}Unit`]: name }
}
