// The versioned file format of export and import.
import { z } from 'zod'
import { CHANNELS_MAX, ChannelName, type ChannelScope, SCOPES, toScope } from './channel.ts'
import { ChannelRules, DEFAULT_RULES, isDefault, QuietHours } from './channel-rules.ts'
import type { Issue } from './issue.ts'
import { GIVEN_BADGE_KEY_MAX, GIVEN_KEY_MIN, GIVEN_PING_KEY_MAX } from './keys.ts'
import { MAINTENANCE_NAME_MAX, type MaintenanceTimes, type MaintenanceWindow, WINDOWS_MAX } from './maintenance.ts'
import { type AliasDialect, MONITORS_MAX, type Monitor, type MonitorSettings, TAGS_MAX } from './monitor.ts'
import {
  defaultOf,
  MONITOR_SETTINGS,
  type MonitorSetting,
  settingOf,
  settingsOf,
  settingValue,
} from './monitor-settings.ts'
import { HiddenWords, ProjectName } from './project.ts'

export const EXPORT_FORMAT = 'cronguard-configuration'
export const EXPORT_VERSION = 1

const PROJECTS_IN_FILE_MAX = 10_000
export const MONITORS_IN_FILE_MAX = 20_000

const Uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'not_uuid')

const keyPattern = (max: number) => {
  const pattern = new RegExp(`^[A-Za-z0-9_-]{${GIVEN_KEY_MIN},${max}}$`)
  const refused = { error: 'not_key', params: { min: GIVEN_KEY_MIN, max } }
  return z.string().refine((key) => pattern.test(key), refused)
}

/** The names of settings in a file: "grace_ms", or "time_zone" inside "schedule". */
const nameInFile = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const settingsIn = (group: MonitorSetting['group']): MonitorSetting[] =>
  MONITOR_SETTINGS.filter((setting) => setting.group === group)

const shapeOf = (group: MonitorSetting['group']) =>
  Object.fromEntries(
    settingsIn(group).map(({ key, kind, isOptionalInExport }) => [
      nameInFile(key),
      isOptionalInExport ? kind.schema.optional() : kind.schema,
    ]),
  )

/** The settings under the names of the table. Those that the import itself reads have a type. */
interface ExportedSettings {
  name: string
  slug: string
  alias: string
  /** The only dialect that accepts the alias. Absent: all dialects, or Uptime Kuma for a new short alias. */
  alias_dialect?: AliasDialect | null
  [setting: string]: unknown
}

const MonitorIdentity = z.strictObject({
  ping_key: Uuid,
  badge_key: Uuid,
  paused: z.boolean(),
  /** The IDs of its channels. */
  channels: z.array(Uuid).max(CHANNELS_MAX),
})

export type ExportedMonitor = z.output<typeof MonitorIdentity> & ExportedSettings
const ExportedMonitor = MonitorIdentity.extend({
  ...shapeOf(null),
  schedule: z
    .strictObject(shapeOf('schedule'))
    .refine(({ kind, expression }) => kind === 'period' || expression !== '', 'no_expression'),
  filter: z.strictObject(shapeOf('filter')),
}) as unknown as z.ZodType<ExportedMonitor>

export type ExportedChannel = z.output<typeof ExportedChannel>
const ExportedChannel = z.strictObject({
  id: Uuid,
  kind: z.string().max(40),
  name: ChannelName,
  /** Settings by field name. */
  settings: z.record(z.string().max(100), z.string().max(10_000)),
  /** The names of secret settings, which are not exported. */
  left_out: z.array(z.string().max(100)).max(100),
  disabled: z.boolean(),
  tells_blackouts: z.boolean(),
  /** Which monitors use it. Older versions don't write it. */
  scope: z.enum(SCOPES).optional(),
  scope_tags: z.string().max(TAGS_MAX).optional(),
  /** Absent rules have their default. */
  events: ChannelRules.shape.events.optional(),
  quiet_hours: QuietHours.optional(),
  delay_ms: ChannelRules.shape.delayMs.optional(),
  weekly_test: ChannelRules.shape.drills.optional(),
})

/** One that has not ended. */
export type ExportedMaintenance = z.output<typeof ExportedMaintenance>
const ExportedMaintenance = z.strictObject({
  id: Uuid,
  name: z.string().max(MAINTENANCE_NAME_MAX),
  /** The ping key of the only monitor; null for those with the tag, or all. */
  monitor: Uuid.nullable(),
  tag: z.string().max(TAGS_MAX).nullable(),
  starts_at: z.int(),
  /** Null for recurring maintenance, which has a schedule and a duration. */
  ends_at: z.int().nullable(),
  schedule: z
    .strictObject({
      kind: z.enum(['cron', 'on-calendar']),
      expression: settingOf('schedule.expression').kind.schema as z.ZodType<string>,
      time_zone: settingOf('schedule.timeZone').kind.schema as z.ZodType<string>,
    })
    .nullable(),
  duration_ms: z.int().nullable(),
})

export type ExportedProject = z.output<typeof ExportedProject>
const ExportedProject = z.strictObject({
  id: Uuid,
  name: ProjectName,
  ping_key: keyPattern(GIVEN_PING_KEY_MAX),
  badge_key: keyPattern(GIVEN_BADGE_KEY_MAX),
  /** One per line. Older versions don't write it. */
  hidden_words: HiddenWords.optional(),
  channels: z.array(ExportedChannel).max(CHANNELS_MAX),
  monitors: z.array(ExportedMonitor).max(MONITORS_MAX),
  /** Older versions don't write it. */
  maintenance: z.array(ExportedMaintenance).max(WINDOWS_MAX).optional(),
})

export type Exported = z.output<typeof Exported>
const Exported = z.strictObject({
  format: z.literal(EXPORT_FORMAT),
  version: z.literal(EXPORT_VERSION),
  /** The version of CronGuard that wrote the file. */
  cronguard: z.string().max(100),
  exported_at: z.iso.datetime(),
  with_secrets: z.boolean(),
  projects: z.array(ExportedProject).max(PROJECTS_IN_FILE_MAX),
})

/** Why a text can't be imported. */
export type ExportProblem =
  | { is: 'not_json' | 'not_export' }
  | { is: 'newer'; version: number }
  | { is: 'invalid'; issues: readonly Issue[]; content: unknown }
  | { is: 'too_many_monitors'; count: number }
  | { is: 'twice'; what: RepeatableKey }

type RepeatableKey = 'project' | 'channel' | 'ping key' | 'project ping key' | 'badge key' | 'alias'

export function checkExport(text: string): { content: Exported } | { problem: ExportProblem } {
  const content = parseJson(text)
  if (content === undefined) return { problem: { is: 'not_json' } }
  const { format, version } = (content ?? {}) as { format?: unknown; version?: unknown }
  if (format !== EXPORT_FORMAT) return { problem: { is: 'not_export' } }
  if (typeof version === 'number' && version > EXPORT_VERSION) return { problem: { is: 'newer', version } }
  const read = Exported.safeParse(content)
  if (!read.success) return { problem: { is: 'invalid', issues: read.error.issues, content } }
  const problem = findExcess(read.data) ?? findRepeated(read.data)
  return problem === null ? { content: read.data } : { problem }
}

/** Whether the text looks like an export of any version, even an incomplete one. */
export function isExport(text: string): boolean {
  return (parseJson(text) as { format?: unknown } | null | undefined)?.format === EXPORT_FORMAT
}

/** The scope of a channel in an export. An older export says only which monitors use the channel. */
export function scopeFrom({ id, scope, scope_tags: tags }: ExportedChannel, project: ExportedProject): ChannelScope {
  if (scope !== undefined) return toScope(scope, tags)
  return { is: project.monitors.every(({ channels }) => channels.includes(id)) ? 'all' : 'these' }
}

/** Rules without a value have their default. */
export function rulesFrom(exported: ExportedChannel): ChannelRules {
  const { events, quiet_hours: quietHours, delay_ms: delayMs, weekly_test: drills } = exported
  return {
    events: events ?? DEFAULT_RULES.events,
    quietHours: quietHours ?? DEFAULT_RULES.quietHours,
    delayMs: delayMs ?? DEFAULT_RULES.delayMs,
    drills: drills ?? DEFAULT_RULES.drills,
  }
}

/** The rules that don't have their default. */
export function exportRules({ events, quietHours, delayMs, drills }: ChannelRules) {
  return {
    ...(!isDefault(events) && { events }),
    ...(quietHours !== null && { quiet_hours: quietHours }),
    ...(delayMs > 0 && { delay_ms: delayMs }),
    ...(drills && { weekly_test: drills }),
  }
}

/** Null if a recurring window has no schedule or duration. */
export function maintenanceTimesFrom(exported: ExportedMaintenance): MaintenanceTimes | null {
  const { starts_at: startsAt, ends_at: endsAt, schedule, duration_ms: durationMs } = exported
  if (endsAt !== null) return { is: 'once', startsAt, endsAt }
  if (schedule === null || durationMs === null) return null
  const { time_zone: timeZone, ...rest } = schedule
  return { is: 'recurring', startsAt, durationMs, schedule: { ...rest, timeZone, periodMs: 0 } }
}

/** `monitor`: the ping key of the only monitor. */
export function exportMaintenance(
  { id, name, scope, times }: MaintenanceWindow,
  monitor: string | null,
): ExportedMaintenance {
  const recurring = times.is === 'recurring' ? times : null
  const { kind = 'cron', expression = '', timeZone: time_zone = 'UTC' } = recurring?.schedule ?? {}
  return {
    id,
    name,
    monitor,
    tag: scope.is === 'tag' ? scope.tag : null,
    starts_at: times.startsAt,
    ends_at: times.is === 'once' ? times.endsAt : null,
    schedule: recurring && { kind: kind === 'cron' ? 'cron' : 'on-calendar', expression, time_zone },
    duration_ms: recurring?.durationMs ?? null,
  }
}

export function exportMonitor(monitor: Monitor, channelIds: string[]): ExportedMonitor {
  return {
    ping_key: monitor.pingKey,
    badge_key: monitor.badgeKey,
    ...exportSettings(monitor, null),
    schedule: exportSettings(monitor, 'schedule'),
    filter: exportSettings(monitor, 'filter'),
    paused: monitor.status === 'paused',
    channels: channelIds,
  }
}

// The schema has checked that all required settings are present.
export function settingsFrom(monitor: ExportedMonitor): MonitorSettings {
  const values = MONITOR_SETTINGS.map((setting) => {
    const { field, group, key } = setting
    const place = group === null ? monitor : (monitor[group] as Record<string, unknown>)
    const value = place[nameInFile(key)]
    return [field, value === undefined ? defaultOf(setting) : value]
  })
  const settings = settingsOf(Object.fromEntries(values))
  return settings.alias === '' ? { ...settings, aliasDialect: null } : settings
}

function exportSettings(monitor: Monitor, group: MonitorSetting['group']): ExportedSettings {
  const shown = settingsIn(group).filter(
    (setting) => !setting.isOptionalInExport || settingValue(monitor, setting) !== defaultOf(setting),
  )
  return Object.fromEntries(shown.map((setting) => [nameInFile(setting.key), settingValue(monitor, setting)])) as never
}

/** Undefined if it isn't JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function findExcess({ projects }: Exported): ExportProblem | null {
  const count = projects.reduce((sum, { monitors }) => sum + monitors.length, 0)
  return count > MONITORS_IN_FILE_MAX ? { is: 'too_many_monitors', count } : null
}

// The second of two entries with the same key would overwrite the first.
function findRepeated({ projects }: Exported): ExportProblem | null {
  const keys: [what: RepeatableKey, all: string[]][] = [
    ['project', projects.map(({ id }) => id)],
    ['channel', projects.flatMap(({ channels }) => channels.map(({ id }) => id))],
    ['ping key', projects.flatMap(({ monitors }) => monitors.map(({ ping_key }) => ping_key))],
    ['project ping key', projects.map(({ ping_key }) => ping_key)],
    ['badge key', projects.flatMap(({ badge_key, monitors }) => [badge_key, ...monitors.map((one) => one.badge_key)])],
    ['alias', projects.flatMap(({ monitors }) => monitors.map(({ alias }) => alias).filter((alias) => alias !== ''))],
  ]
  const repeated = keys.find(([, all]) => new Set(all).size < all.length)
  return repeated ? { is: 'twice', what: repeated[0] } : null
}
