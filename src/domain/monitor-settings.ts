// Every setting of a monitor, described once. The database, the management API, the form, exports and the command line
// derive from this table what they read, check, store and show.

import type { Facets } from './fingerprint.ts'
import { MAX_PINGS_MAX } from './job-event.ts'
import {
  ALIAS_DIALECTS,
  ALIAS_PATTERN,
  type AlertRules,
  changeSettings,
  DEFAULT_SETTINGS,
  DESCRIPTION_MAX,
  FAILURES_TO_ALERT_MAX,
  KEYWORDS_MAX,
  type MonitorChange,
  type MonitorRules,
  type MonitorSettings,
  type MonitorText,
  NAME_MAX,
  REMIND_MAX_MS,
  REMIND_MIN_MS,
  SLUG_MAX,
  TAGS_MAX,
} from './monitor.ts'
import type { PingFilter } from './ping.ts'
import {
  EARLY_MAX_MS,
  GRACE_MAX_MS,
  GRACE_MIN_MS,
  PERIOD_MAX_MS,
  PERIOD_MIN_MS,
  SCHEDULE_KINDS,
  type Schedule,
} from './schedule.ts'
import * as kinds from './setting.ts'

type Below<Group extends string, T> = { [Key in keyof T & string as `${Group}.${Key}`]: T[Key] }

/** All settings in one flat object, by field: "graceMs", "schedule.timeZone". */
export type FlatSettings = MonitorText &
  AlertRules &
  Omit<MonitorRules, 'schedule' | 'filter'> &
  Below<'schedule', Schedule> &
  Below<'filter', PingFilter>

export type SettingField = keyof FlatSettings

interface Description {
  kind: kinds.SettingKind
  /** The column of the table `monitors`. */
  column: string
  /** The name in the management API; null if the API has no such field. */
  wire: string | null
  /** The name for people. */
  label: string
  /** Whether exports omit it if it has its default. Set for settings that older versions don't know. */
  isOptionalInExport?: boolean
  /** Whether users can't enter it: it is derived from other settings or set by an import. */
  isDerived?: boolean
}

export interface MonitorSetting extends Description {
  field: SettingField
  /** The place in `MonitorSettings`: `key`, inside `group` if there is one. */
  group: 'schedule' | 'filter' | null
  key: string
  /** The name in forms, such as "maxRun". On the command line it is "--max-run". */
  input: string
}

const KEYWORDS = kinds.text({ max: KEYWORDS_MAX })
const RUN_LENGTH = kinds.optionalDuration(GRACE_MIN_MS, GRACE_MAX_MS)
const EXPRESSION_MAX = 1000

const DESCRIBED: Record<SettingField, Description> = {
  name: { kind: kinds.line(NAME_MAX), column: 'name', wire: 'name', label: 'Name' },
  slug: { kind: kinds.slug(SLUG_MAX), column: 'slug', wire: 'slug', label: 'Slug' },
  tags: { kind: kinds.text({ max: TAGS_MAX, isShown: true }), column: 'tags', wire: 'tags', label: 'Tags' },
  description: {
    kind: kinds.text({ max: DESCRIPTION_MAX, hasLines: true, isShown: true }),
    column: 'description',
    wire: 'desc',
    label: 'Description',
  },
  'schedule.kind': { kind: kinds.choice(SCHEDULE_KINDS), column: 'schedule_kind', wire: null, label: 'Schedule' },
  'schedule.periodMs': {
    kind: kinds.duration(PERIOD_MIN_MS, PERIOD_MAX_MS),
    column: 'period_ms',
    wire: 'timeout',
    label: 'Schedule',
  },
  graceMs: {
    kind: kinds.duration(GRACE_MIN_MS, GRACE_MAX_MS),
    column: 'grace_ms',
    wire: 'grace',
    label: 'Grace period',
  },
  'schedule.expression': {
    kind: kinds.expression(EXPRESSION_MAX),
    column: 'expression',
    wire: 'schedule',
    label: 'Schedule',
  },
  'schedule.timeZone': { kind: kinds.timeZone(), column: 'time_zone', wire: 'tz', label: 'Time zone' },
  postOnly: { kind: kinds.flag(), column: 'post_only', wire: 'methods', label: 'Accept POST only' },
  manualResume: {
    kind: kinds.flag(),
    column: 'manual_resume',
    wire: 'manual_resume',
    label: 'Resume manually only',
  },
  'filter.startKeywords': { kind: KEYWORDS, column: 'start_keywords', wire: 'start_kw', label: 'Start keywords' },
  'filter.successKeywords': {
    kind: KEYWORDS,
    column: 'success_keywords',
    wire: 'success_kw',
    label: 'Success keywords',
  },
  'filter.failureKeywords': {
    kind: KEYWORDS,
    column: 'failure_keywords',
    wire: 'failure_kw',
    label: 'Failure keywords',
  },
  'filter.subject': {
    kind: kinds.flag(),
    column: 'filter_subject',
    wire: 'filter_subject',
    label: 'Search the subject of emails',
  },
  'filter.body': {
    kind: kinds.flag(),
    column: 'filter_body',
    wire: 'filter_body',
    label: 'Search the text of emails',
  },
  'filter.httpBody': {
    kind: kinds.flag(),
    column: 'filter_http_body',
    wire: 'filter_http_body',
    label: 'Search the body of HTTP requests',
  },
  'filter.failsByDefault': {
    kind: kinds.flag(),
    column: 'fails_by_default',
    wire: 'filter_default_fail',
    label: 'Count pings without keywords as failures',
  },
  maxRunMs: { kind: RUN_LENGTH, column: 'max_run_ms', wire: 'max_run', label: 'Maximum run time' },
  minRunMs: { kind: RUN_LENGTH, column: 'min_run_ms', wire: 'min_run', label: 'Minimum run time' },
  earlyMs: {
    kind: kinds.optionalDuration(0, EARLY_MAX_MS),
    column: 'early_ms',
    wire: 'early',
    label: 'Early pings',
  },
  failuresToAlert: {
    kind: kinds.count(1, FAILURES_TO_ALERT_MAX),
    column: 'failures_to_alert',
    wire: 'failures_to_alert',
    label: 'Failures in a row before an alert',
  },
  remindMs: {
    kind: kinds.optionalDuration(REMIND_MIN_MS, REMIND_MAX_MS),
    column: 'remind_ms',
    wire: 'remind',
    label: 'Remind while down',
    isOptionalInExport: true,
  },
  remindLess: {
    kind: kinds.flag(),
    column: 'remind_less',
    wire: 'remind_less',
    label: 'Remind less and less often',
    isOptionalInExport: true,
  },
  isUrgent: {
    kind: kinds.flag(),
    column: 'urgent',
    wire: 'urgent',
    label: 'Urgent',
    isOptionalInExport: true,
  },
  maxPings: {
    kind: kinds.count(0, MAX_PINGS_MAX),
    column: 'max_pings',
    wire: 'max_pings',
    label: 'Successes per period at most',
    isOptionalInExport: true,
  },
  dependsOn: {
    kind: kinds.line(NAME_MAX),
    column: 'depends_on',
    wire: 'depends_on',
    label: 'Depends on',
    isOptionalInExport: true,
  },
  alias: { kind: kinds.alias(ALIAS_PATTERN, 64), column: 'alias', wire: 'alias', label: 'Alias' },
  aliasDialect: {
    kind: kinds.optionalChoice(ALIAS_DIALECTS),
    column: 'alias_dialect',
    wire: null,
    label: 'Alias',
    isOptionalInExport: true,
    isDerived: true,
  },
}

export const MONITOR_SETTINGS: readonly MonitorSetting[] = (Object.keys(DESCRIBED) as SettingField[]).map((field) => ({
  field,
  ...placeOf(field),
  ...DESCRIBED[field],
  input: inputOf(DESCRIBED[field].column),
}))

/** The settings that users enter individually. A schedule is entered as text. */
export const ENTERED_SETTINGS = MONITOR_SETTINGS.filter(({ group, isDerived }) => group !== 'schedule' && !isDerived)

function placeOf(field: SettingField): Pick<MonitorSetting, 'group' | 'key'> {
  const [first = '', second] = field.split('.')
  return second === undefined ? { group: null, key: first } : { group: first as 'schedule' | 'filter', key: second }
}

function inputOf(column: string): string {
  return column.replace(/_ms$/, '').replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

const BY_FIELD = new Map(MONITOR_SETTINGS.map((setting) => [setting.field, setting]))

export function settingOf(field: SettingField): MonitorSetting {
  return BY_FIELD.get(field) as MonitorSetting
}

export function settingValue(settings: MonitorSettings, { group, key }: MonitorSetting): kinds.SettingValue {
  const place = (group === null ? settings : settings[group]) as unknown as Record<string, kinds.SettingValue>
  return place[key] ?? null
}

export function defaultOf(setting: MonitorSetting): kinds.SettingValue {
  return settingValue(DEFAULT_SETTINGS, setting)
}

/** Selects a monitor by its settings. All given settings must be equal. */
export type MonitorMatch = Partial<FlatSettings>

export function matchesMonitor(monitor: MonitorSettings, match: MonitorMatch): boolean {
  return MONITOR_SETTINGS.every(
    (setting) => match[setting.field] === undefined || match[setting.field] === settingValue(monitor, setting),
  )
}

/** A change that sets these and nothing else. */
export function changeOf(values: Partial<FlatSettings>): MonitorChange {
  const change: Record<string, unknown> = {}
  for (const { field, group, key } of MONITOR_SETTINGS) {
    if (values[field] === undefined) continue
    if (group === null) change[key] = values[field]
    else change[group] = { ...(change[group] as object), [key]: values[field] }
  }
  return change
}

export function settingsOf(values: FlatSettings): MonitorSettings {
  return changeSettings(DEFAULT_SETTINGS, changeOf(values))
}

/** The settings that a form shows, by label. */
export function facetsOf(settings: MonitorSettings): Facets {
  const byLabel = Map.groupBy(MONITOR_SETTINGS, ({ label }) => `“${label}”`)
  return [...byLabel].map(([label, some]) => [label, some.map((one) => settingValue(settings, one))] as const)
}
