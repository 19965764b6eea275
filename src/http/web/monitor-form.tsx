import { Elysia } from 'elysia'
import { silenceOf } from '#actions/channels.ts'
import { monitorFingerprint, type Seen, saveMonitor, updateMonitor } from '#actions/monitors.ts'
import { channelTitle, kindLabel, summaryOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import { readCrontabLine } from '#domain/crontab-line.ts'
import { withRules } from '#domain/lifecycle.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import { DAILY } from '#domain/schedule.ts'
import { readSchedule, scheduleAsInput, scheduleChoices } from '#domain/schedule-input.ts'
import { type Form, orAgain, problemOf, type Retry } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, inProject, type MonitorVisit, onMonitor, type ProjectVisit } from '#http/guards.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { SECOND } from '#lib/duration.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { listSlugs } from '#store/monitor-lists.ts'
import { findMonitorByUniqueKey } from '#store/monitors.ts'
import { freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { type ChannelChoice, LENGTH_UNITS, type LengthName, MonitorFormPage } from '#views/pages/monitor-form.tsx'
import { SchedulePreview, type SchedulePreviewProps } from '#views/partials/schedule-preview.tsx'
import { type Rhythm, readMonitorForm, readRhythm } from './monitor-spec.ts'

/** Makes and changes monitors. */
export function monitorFormRoutes(house: House) {
  return new Elysia({ name: 'web/monitor-form' })
    .get(
      '/projects/:project/monitors/new',
      inProject(house, 'operate', (visit) => showNew(house, visit)),
    )
    .post(
      '/projects/:project/monitors',
      inProject(house, 'operate', (visit) => create(house, visit)),
      { parse: 'none' },
    )
    .get(
      '/projects/:project/schedule-preview',
      inProject(house, 'operate', (visit) => preview(house, visit)),
    )
    .get(
      '/monitors/:monitor/edit',
      onMonitor(house, 'operate', (visit) => showEdit(house, visit)),
    )
    .post(
      '/monitors/:monitor',
      onMonitor(house, 'operate', (visit) => update(house, visit)),
      { parse: 'none' },
    )
}

type FormVisit = ProjectVisit & { monitor?: Monitor }

interface Shown {
  retry: Retry
  ticked: string[]
  status?: number
  problem?: string | null
}

function showNew(house: House, visit: ProjectVisit): Response {
  const ticked = listChannels(house.deps.db, visit.project.id).map(({ id }) => id)
  return show(house, visit, { retry: freshForm(newValues(visit)), ticked })
}

function showEdit(house: House, visit: MonitorVisit): Response {
  const ticked = listChannelsOfMonitor(house.deps.db, visit.monitor.id).map(({ id }) => id)
  const offered = visit.query.get('timeZone')
  const timeZone = offered && currentZoneName(offered)
  const values = {
    ...valuesOf(visit.monitor),
    ...(timeZone ? { timeZone } : {}),
    [SEEN_FIELD]: fingerprintNow(house, visit),
  }
  return show(house, visit, { retry: freshForm(values), ticked })
}

/** Of the monitor as a form shows it now: sent again with this, the form wins over what others did before. */
function fingerprintNow({ deps: { db } }: House, { project, monitor }: MonitorVisit): string {
  const channelIds = listChannels(db, project.id).map(({ id }) => id)
  const current = findMonitorByUniqueKey(db, { projectId: project.id, uniqueKey: monitor.uniqueKey }) ?? monitor
  return monitorFingerprint(db, { monitor: current, channelIds })
}

async function create(house: House, visit: ProjectVisit): Promise<Response> {
  const { form } = visit
  const before = listChannels(house.deps.db, visit.project.id).map(({ id }) => id)
  return await saving(house, { visit, before }, () => {
    const { deps } = house
    const projectId = visit.project.id
    const change = readMonitorForm(form, around(house, visit, null))
    const channelIds = chosenChannels(form, before)
    const { monitor } = saveMonitor(deps, { projectId, match: null, change, channelIds })
    return redirect(`/monitors/${monitor.uniqueKey}`, 'monitor-created')
  })
}

async function update(house: House, visit: MonitorVisit): Promise<Response> {
  const { form } = visit
  const { monitor } = visit
  const before = listChannelsOfMonitor(house.deps.db, monitor.id).map(({ id }) => id)
  return await saving(house, { visit, before, whenOutdated: () => fingerprintNow(house, visit) }, () => {
    const { deps } = house
    const change = readMonitorForm(form, around(house, visit, monitor))
    const ref = { projectId: monitor.projectId, pingKey: monitor.pingKey }
    updateMonitor(deps, { ref, change, channelIds: chosenChannels(form, before), seen: seenIn(form) })
    return redirect(`/monitors/${monitor.uniqueKey}`, 'monitor-saved')
  })
}

interface Saving {
  visit: FormVisit
  /** The channels that the monitor had, or would have. */
  before: string[]
  /** The fingerprint of what is there now, for a form that knew something older. */
  whenOutdated?: () => string
}

function saving(house: House, { visit, before, whenOutdated }: Saving, work: () => Response) {
  const { form } = visit
  return orAgain(work, (error) => {
    const seen = error.code === 'conflict' && whenOutdated ? { [SEEN_FIELD]: whenOutdated() } : {}
    return show(house, visit, {
      retry: { values: { ...form.values, ...seen }, problems: error.fields },
      ticked: chosenChannels(form, before),
      problem: problemOf(error),
      status: 422,
    })
  })
}

function seenIn(form: Form): Seen | undefined {
  const fingerprint = form.text(SEEN_FIELD)
  return fingerprint === '' ? undefined : { fingerprint, channelIds: form.list('shownChannel') }
}

// A channel that was added after the form was shown was not unticked by anybody.
function chosenChannels(form: Form, before: string[]): string[] {
  const shown = form.list('shownChannel')
  return [...form.list('channel'), ...before.filter((id) => !shown.includes(id))]
}

function around({ deps }: House, { project, now }: ProjectVisit, monitor: Monitor | null) {
  const takenSlugs = new Set(listSlugs(deps.db, { projectId: project.id, exceptId: monitor?.id ?? null }))
  return { monitor, takenSlugs, now }
}

function preview(house: House, visit: ProjectVisit): Response {
  const uniqueKey = visit.query.get('monitor')
  const monitor = uniqueKey && findMonitorByUniqueKey(house.deps.db, { projectId: visit.project.id, uniqueKey })
  const text = (name: string): string => visit.query.get(name) ?? ''
  return partial(<SchedulePreview {...previewOf(text, { ...visit, ...(monitor ? { monitor } : {}) })} />)
}

function previewOf(text: (name: string) => string, visit: FormVisit): SchedulePreviewProps {
  const problems: Record<string, string> = {}
  const rhythm = readRhythm(text, problems, { monitor: visit.monitor ?? null, now: visit.now })
  const reading = readingOf(visit)
  const [problem] = Object.values(problems)
  const written = text('schedule')
  if (problem !== undefined) return { problem, choices: scheduleChoices(written), reading }
  const { because } = readSchedule(written)
  const crontabLine = readCrontabLine(written)
  return {
    ...rhythm,
    because,
    crontabLine,
    reading,
    watched: visit.monitor ? watchedWith(visit.monitor, rhythm) : null,
  }
}

function watchedWith(monitor: Monitor, rhythm: Rhythm): Monitor | null {
  const watched = withRules(monitor, rhythm)
  return watched.deadlineAt === null ? null : watched
}

function show(house: House, visit: FormVisit, { retry, ticked, status = 200, problem = null }: Shown): Response {
  const { monitor, project } = visit
  return page(
    <MonitorFormPage
      visit={frameOf(visit)}
      projectId={project.id}
      monitor={monitor ? { uniqueKey: monitor.uniqueKey, shownName: shownName(monitor) } : null}
      form={retry}
      problem={problem}
      channels={listChannels(house.deps.db, project.id).map((channel) => describeChannel(house.deps, channel))}
      ticked={ticked}
      preview={previewOf((name) => retry.values[name] ?? '', visit)}
    />,
    status,
  )
}

/** A channel in words that hold no secret. */
function describeChannel(deps: Deps, channel: Channel): ChannelChoice {
  const about = `${kindLabel(channel.kind)}: ${summaryOf(channel)}`
  const silence = silenceOf(deps, channel)
  const name = channelTitle(channel)
  return { id: channel.id, name, about: silence === null ? about : `${about} (${silence})` }
}

const UNITS_AT_FIRST = { graceUnit: 'minutes', maxRunUnit: 'minutes', minRunUnit: 'minutes', earlyUnit: 'minutes' }

// A day is a period, and the user's own time zone is there when they name a time of day.
function newValues({ user }: ProjectVisit): Record<string, string> {
  return { ...UNITS_AT_FIRST, schedule: scheduleAsInput(DAILY), timeZone: user.timeZone }
}

function valuesOf(monitor: Monitor): Record<string, string> {
  const { filter, postOnly, manualResume, failuresToAlert } = monitor
  return {
    ...UNITS_AT_FIRST,
    name: monitor.name,
    slug: monitor.slug,
    alias: monitor.alias,
    tags: monitor.tags,
    description: monitor.description,
    schedule: scheduleAsInput(monitor.schedule),
    timeZone: monitor.schedule.timeZone,
    ...lengthValues('grace', monitor.graceMs),
    ...lengthValues('maxRun', monitor.maxRunMs),
    ...lengthValues('minRun', monitor.minRunMs),
    ...lengthValues('early', monitor.earlyMs),
    ...(failuresToAlert === 1 ? {} : { failuresToAlert: String(failuresToAlert) }),
    startKeywords: filter.startKeywords,
    successKeywords: filter.successKeywords,
    failureKeywords: filter.failureKeywords,
    ...ticks({ postOnly, manualResume, httpBody: filter.httpBody, failsByDefault: filter.failsByDefault }),
    ...ticks({ filterSubject: filter.subject, filterBody: filter.body }),
  }
}

// In the largest unit that gives a whole number.
function lengthValues(what: LengthName, ms: number | null): Record<string, string> {
  if (ms === null) return {}
  if (ms === 0) return { [`${what}Count`]: '0', [`${what}Unit`]: 'minutes' }
  const { name, ms: unitMs } = LENGTH_UNITS.findLast((unit) => ms % unit.ms === 0) ?? { name: 'seconds', ms: SECOND }
  return { [`${what}Count`]: String(Math.max(1, Math.round(ms / unitMs))), [`${what}Unit`]: name }
}

function ticks(boxes: Record<string, boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(boxes).flatMap(([name, isTicked]) => (isTicked ? [[name, 'on']] : [])))
}
