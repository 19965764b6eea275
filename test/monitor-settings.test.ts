// Every monitor setting through store, API, form, export and command: one that is forgotten comes back as its default.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { projectsOf } from '#actions/projects.ts'
import { type Monitor, type MonitorSettings, uniqueKeyOf } from '#domain/monitor.ts'
import {
  defaultOf,
  ENTERED_SETTINGS,
  type FlatSettings,
  MONITOR_SETTINGS,
  type SettingField,
  settingsOf,
  settingValue,
} from '#domain/monitor-settings.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { listMonitors, saveSettings } from '#store/monitors.ts'
import { callApi } from './support/api.ts'
import { Binary } from './support/binary.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf } from './support/visitor.ts'

/** The ping key of the monitor that others depend on. */
const PARENT = '11111111-2222-4333-8444-555555555555'

/** A value for every setting that is not its default. */
const VALUES: FlatSettings = {
  name: 'Nightly backup',
  slug: 'nightly',
  tags: 'prod db',
  description: 'Call Ada.\nThen restart it.',
  'schedule.kind': 'cron',
  'schedule.periodMs': 2 * HOUR,
  'schedule.expression': '15 3 * * 1-5',
  'schedule.timeZone': 'Europe/Riga',
  graceMs: 7 * MINUTE,
  maxRunMs: 3 * HOUR,
  minRunMs: 5 * SECOND,
  earlyMs: 20 * MINUTE,
  failuresToAlert: 4,
  remindMs: 2 * HOUR,
  remindLess: true,
  isUrgent: true,
  maxPings: 3,
  dependsOn: uniqueKeyOf(PARENT),
  postOnly: true,
  manualResume: true,
  'filter.startKeywords': 'BEGIN',
  'filter.successKeywords': 'DONE, OK',
  'filter.failureKeywords': 'ERROR',
  'filter.subject': true,
  'filter.body': true,
  'filter.httpBody': true,
  'filter.failsByDefault': true,
  alias: 'old-token-of-another-tool',
  aliasDialect: 'snitch',
}
const SETTINGS = settingsOf(VALUES)

/** Fields that API, form and command lack. A period is stored next to an expression, but not sent. */
const NOT_SENT: Partial<FlatSettings> = { aliasDialect: null, 'schedule.periodMs': 24 * HOUR }

let guard: TestGuard
let project: Project

beforeAll(() => {
  guard = new TestGuard()
  project = guard.project()
  addParent(guard, project)
})
afterAll(() => guard.stop())

function addParent({ deps }: TestGuard, { id: projectId }: Project): void {
  saveMonitor(deps, { projectId, match: null, change: { name: 'host' }, pingKey: PARENT })
}

const newest = ({ db }: TestGuard = guard, { id } = project): Monitor => {
  const monitor = listMonitors(db, id).at(-1)
  if (!monitor) throw new Error('There is no monitor')
  return monitor
}

function settingsIn(monitor: MonitorSettings): Record<string, unknown> {
  return Object.fromEntries(MONITOR_SETTINGS.map((setting) => [setting.field, settingValue(monitor, setting)]))
}

/** The values with another slug and alias, which must be unique. */
function own(name: string): FlatSettings {
  return { ...VALUES, slug: `${VALUES.slug}-${name}`, alias: `${VALUES.alias}-${name}` }
}

describe('Every monitor setting', () => {
  test('has a value here that is not its default', () => {
    const same = MONITOR_SETTINGS.filter((setting) => settingValue(SETTINGS, setting) === defaultOf(setting))
    expect(same.map(({ field }) => field)).toEqual([])
  })

  test('is stored and read back, on creation and on change', () => {
    const created = guard.monitor(project, settingsOf(own('stored')))
    expect(settingsIn(guard.now(created))).toEqual<object>(own('stored'))
    const changed = guard.monitor(project, { name: 'plain' })
    guard.db.write((tx) => saveSettings(tx, { id: changed.id, settings: settingsOf(own('changed')), scheduleSince: 0 }))
    expect(settingsIn(guard.now(changed))).toEqual<object>(own('changed'))
  })

  test('is accepted and returned by the management API, which accepts its own answer', async () => {
    const key = guard.apiKey(project)
    const sent = Object.fromEntries(
      MONITOR_SETTINGS.filter(({ wire }) => wire !== null && wire !== 'timeout').map(({ wire, field, kind }) => {
        const value = own('api')[field]
        if (wire === 'methods') return [wire, 'POST']
        return [wire, kind.is === 'duration' ? Number(value) / SECOND : value]
      }),
    )
    const { status, json } = await callApi(guard, '/checks/', { with: key, body: sent })
    expect([status, json]).toMatchObject([201, sent])
    expect(settingsIn(newest())).toEqual<object>({ ...own('api'), ...NOT_SENT })
    const again = await callApi(guard, `/checks/${json.uuid}`, { with: key, body: json })
    expect(again.json).toEqual(json)
    const read = await callApi(guard, `/checks/${json.uuid}`, { with: key })
    expect(read.json).toMatchObject(sent)
    expect(settingsIn(newest())).toEqual<object>({ ...own('api'), ...NOT_SENT })
  })

  test('is accepted and shown by the form, and a copy is the same', async () => {
    const member = await memberOf(guard, project, 'member')
    const original = guard.monitor(project, { ...settingsOf({ ...own('form'), ...NOT_SENT }), earlyMs: VALUES.earlyMs })
    const copy = async (name: string): Promise<Monitor> => {
      const fields = fieldsIn(await member.read(`/monitors/${original.uniqueKey}/edit`))
      const { slug, alias } = own(name)
      const response = await member.post(`/projects/${project.id}/monitors`, { ...fields, slug, alias })
      expect(response.status).toBe(303)
      return newest()
    }
    const copied = await copy('copy')
    expect(settingsIn(copied)).toEqual<object>({ ...own('copy'), ...NOT_SENT })
    const shown = fieldsIn(await member.read(`/monitors/${copied.uniqueKey}/edit`))
    const names = ENTERED_SETTINGS.map(({ input, kind }) => (kind.is === 'duration' ? `${input}Count` : input))
    expect(names.filter((name) => !shown[name])).toEqual([])
    expect((await member.post(`/monitors/${copied.uniqueKey}`, shown)).status).toBe(303)
    expect(settingsIn(guard.now(copied))).toEqual<object>({ ...own('copy'), ...NOT_SENT })
  })

  test('is exported, and imported on creation and on change', async () => {
    const monitor = guard.monitor(project, settingsOf(own('export')))
    const file = exportConfiguration(guard.deps, { withSecrets: true })
    const exported = file.projects[0]?.monitors.find(({ ping_key: pingKey }) => pingKey === monitor.pingKey)
    expect(Object.values(exported ?? {}).filter((value) => value === undefined)).toEqual([])
    const to = new TestGuard()
    to.project('bob@example.org')
    const bring = async () =>
      await importConfiguration(to.deps, {
        content: readExport(JSON.stringify(file)),
        ownerEmail: 'bob@example.org',
        isDryRun: false,
      })
    await bring()
    expect(settingsIn(to.now(monitor))).toEqual<object>(own('export'))
    const plain = settingsOf(Object.fromEntries(MONITOR_SETTINGS.map((one) => [one.field, defaultOf(one)])) as never)
    to.db.write((tx) => saveSettings(tx, { id: to.now(monitor).id, settings: plain, scheduleSince: 0 }))
    await bring()
    expect(settingsIn(to.now(monitor))).toEqual<object>(own('export'))
    to.stop()
  })

  test('is an option of `monitor add` and `monitor update`', async () => {
    const cronguard = await Binary.prepare()
    await cronguard.run(['user', 'create', 'ada@example.org'])
    within(cronguard, addParent)
    const { name, ...options } = commandOptions()
    const run = async (...args: string[]) => {
      const { exitCode, stderr } = await cronguard.run(['monitor', ...args])
      expect([exitCode, stderr]).toEqual([0, ''])
    }
    await run('add', 'ada@example.org', name ?? '', ...Object.entries(options).flat())
    expect(await storedBy(cronguard)).toEqual<object>({ ...own('command'), ...NOT_SENT })
    await run('rm', 'ada@example.org', name ?? '', '--yes')
    await run('add', 'ada@example.org', 'plain')
    const other = { '--name': name ?? '', ...options, '--alias': own('updated').alias }
    await run('update', 'ada@example.org', 'plain', ...Object.entries(other).flat())
    expect(await storedBy(cronguard)).toEqual<object>({ ...own('command'), alias: own('updated').alias, ...NOT_SENT })
    await cronguard.dispose()
  }, 60_000)
})

/** The fields of a form with their values, as a browser sends them. */
function fieldsIn(html: string): Record<string, string> {
  const form = /<form[^>]*monitor-form[\s\S]*?<\/form>/.exec(html)?.[0] ?? ''
  const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]
  const inputs = [...form.matchAll(/<input[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !tag.includes('type="checkbox"') || / checked/.test(tag))
    .map((tag) => [attribute(tag, 'name'), attribute(tag, 'value') ?? ''])
  const areas = [...form.matchAll(/<textarea([^>]*)>([^<]*)<\/textarea>/g)].map(([, tag = '', text = '']) => [
    attribute(tag, 'name'),
    text,
  ])
  const selects = [...form.matchAll(/<select([^>]*)>([\s\S]*?)<\/select>/g)].map(([, tag = '', options = '']) => [
    attribute(tag, 'name'),
    / value="([^"]*)" selected/.exec(options)?.[1] ?? '',
  ])
  return Object.fromEntries([...inputs, ...areas, ...selects].filter(([name]) => name !== undefined))
}

/** The values of the command line, by option. */
function commandOptions(): Record<string, string> {
  const { name, ...values } = own('command')
  const spell = (field: SettingField, kind: string): string => {
    const value = own('command')[field]
    if (kind === 'flag') return value ? 'yes' : 'no'
    return kind === 'duration' ? `${Number(value) / SECOND}s` : String(value)
  }
  const entered = ENTERED_SETTINGS.filter(({ field }) => field !== 'name').map(({ field, input, kind }) => [
    `--${input.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    spell(field, kind.is),
  ])
  const schedule = { '--schedule': values['schedule.expression'], '--tz': values['schedule.timeZone'] }
  return { name, ...Object.fromEntries(entered), ...schedule }
}

async function storedBy(cronguard: Binary): Promise<Record<string, unknown>> {
  return within(cronguard, (there, project) => settingsIn(newest(there, project)))
}

function within<T>(cronguard: Binary, work: (there: TestGuard, project: Project) => T): T {
  const there = new TestGuard({ path: cronguard.databasePath })
  const [project] = projectsOf(there.deps, 'ada@example.org')
  if (!project) throw new Error('Ada has no project')
  const result = work(there, project)
  there.stop()
  return result
}
