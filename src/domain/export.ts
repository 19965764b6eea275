// The file format in which the configuration leaves a CronGuard and comes into another one. It has a version.
import { z } from 'zod'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { TimeZone } from './account.ts'
import { CHANNELS_MAX, ChannelName } from './channel.ts'
import { unusableExport } from './export-problems.ts'
import { GIVEN_BADGE_KEY_MAX, GIVEN_KEY_MIN, GIVEN_PING_KEY_MAX, OWN_SEGMENTS } from './keys.ts'
import {
  ALIAS_DIALECTS,
  ALIAS_PATTERN,
  DESCRIPTION_MAX,
  FAILURES_TO_ALERT_MAX,
  KEYWORDS_MAX,
  MONITORS_MAX,
  type Monitor,
  type MonitorSettings,
  NAME_MAX,
  SLUG_MAX,
  TAGS_MAX,
} from './monitor.ts'
import { ProjectName } from './project.ts'
import { EARLY_MAX_MS, GRACE_MAX_MS, GRACE_MIN_MS, PERIOD_MAX_MS, PERIOD_MIN_MS, SCHEDULE_KINDS } from './schedule.ts'
import { readExpressionKind } from './schedule-times.ts'

export const EXPORT_FORMAT = 'cronguard-configuration'
export const EXPORT_VERSION = 1

const PROJECTS_IN_FILE_MAX = 10_000
const MONITORS_IN_FILE_MAX = 20_000
const EXPRESSION_MAX = 1000

const Uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a UUID in small letters')

const text = (max: number) =>
  z
    .string()
    .refine((value) => [...value].length <= max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0'), 'must have no NUL character')

/** What people read. An older file may still have invisible characters in it. */
const shownText = (max: number) => text(max).transform(withoutInvisible)

const keyPattern = (max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[A-Za-z0-9_-]{${GIVEN_KEY_MIN},${max}}$`),
      `must have ${GIVEN_KEY_MIN} to ${max} letters a to z, A to Z, digits, "-" and "_"`,
    )

const length = (min: number, max: number) => z.number().int().min(min).max(max)
const RunLength = length(GRACE_MIN_MS, GRACE_MAX_MS).nullable()

const Expression = text(EXPRESSION_MAX).refine(isExpression, 'must be a cron or an OnCalendar expression')

const ExportedSchedule = z
  .strictObject({
    kind: z.enum(SCHEDULE_KINDS),
    period_ms: length(PERIOD_MIN_MS, PERIOD_MAX_MS),
    expression: Expression,
    time_zone: TimeZone,
  })
  .refine(({ kind, expression }) => kind === 'period' || expression !== '', 'must have an expression')

const ExportedFilter = z.strictObject({
  start_keywords: text(KEYWORDS_MAX),
  success_keywords: text(KEYWORDS_MAX),
  failure_keywords: text(KEYWORDS_MAX),
  subject: z.boolean(),
  body: z.boolean(),
  http_body: z.boolean(),
  fails_by_default: z.boolean(),
})

export type ExportedMonitor = z.output<typeof ExportedMonitor>
const ExportedMonitor = z.strictObject({
  ping_key: Uuid,
  badge_key: Uuid,
  name: text(NAME_MAX)
    .refine((name) => !/\p{Cc}/u.test(name), 'must have no control characters')
    .transform(withoutInvisible),
  slug: text(SLUG_MAX).regex(/^[a-z0-9_-]*$/, 'must have only a to z, digits, "-" and "_"'),
  tags: shownText(TAGS_MAX),
  description: shownText(DESCRIPTION_MAX),
  alias: z
    .string()
    .refine(
      (alias) => alias === '' || ALIAS_PATTERN.test(alias),
      'must have 4 to 64 letters a to z, A to Z, digits, "-" and "_"',
    ),
  /** The only dialect in which the alias is known; absent: all, or for a short one that comes anew, Uptime Kuma. */
  alias_dialect: z.enum(ALIAS_DIALECTS).optional(),
  schedule: ExportedSchedule,
  grace_ms: length(GRACE_MIN_MS, GRACE_MAX_MS),
  max_run_ms: RunLength,
  min_run_ms: RunLength,
  early_ms: length(0, EARLY_MAX_MS).nullable(),
  failures_to_alert: length(1, FAILURES_TO_ALERT_MAX),
  post_only: z.boolean(),
  manual_resume: z.boolean(),
  filter: ExportedFilter,
  paused: z.boolean(),
  /** The ids of the channels that it tells. */
  channels: z.array(Uuid).max(CHANNELS_MAX),
})

export type ExportedChannel = z.output<typeof ExportedChannel>
const ExportedChannel = z.strictObject({
  id: Uuid,
  kind: z.string().max(40),
  name: ChannelName,
  /** By the name of the field. */
  settings: z.record(z.string().max(100), z.string().max(10_000)),
  /** The settings that were not exported because they are secret. */
  left_out: z.array(z.string().max(100)).max(100),
  disabled: z.boolean(),
  tells_blackouts: z.boolean(),
})

export type ExportedProject = z.output<typeof ExportedProject>
const ExportedProject = z.strictObject({
  id: Uuid,
  name: ProjectName,
  ping_key: keyPattern(GIVEN_PING_KEY_MAX).refine(
    (key) => !OWN_SEGMENTS.has(key),
    'must not be a path that CronGuard uses itself',
  ),
  badge_key: keyPattern(GIVEN_BADGE_KEY_MAX),
  channels: z.array(ExportedChannel).max(CHANNELS_MAX),
  monitors: z.array(ExportedMonitor).max(MONITORS_MAX),
})

export type Exported = z.output<typeof Exported>
const Exported = z.strictObject({
  format: z.literal(EXPORT_FORMAT),
  version: z.literal(EXPORT_VERSION),
  /** The version of the CronGuard that wrote it. */
  cronguard: z.string().max(100),
  exported_at: z.iso.datetime(),
  with_secrets: z.boolean(),
  projects: z.array(ExportedProject).max(PROJECTS_IN_FILE_MAX),
})

/** Reads the text of an export. Throws invalid, with the places at fault. */
export function readExport(text: string): Exported {
  const content = parseJson(text)
  requireVersion(content)
  const read = Exported.safeParse(content)
  if (!read.success) throw unusableExport(read.error.issues, content)
  requireFew(read.data)
  requireDistinct(read.data)
  return read.data
}

/** Whether it is one, of whatever version, whole or not. */
export function isExport(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format === EXPORT_FORMAT
  } catch {
    return false
  }
}

export function exportMonitor(monitor: Monitor, channelIds: string[]): ExportedMonitor {
  const { schedule, filter } = monitor
  return {
    ping_key: monitor.pingKey,
    badge_key: monitor.badgeKey,
    name: monitor.name,
    slug: monitor.slug,
    tags: monitor.tags,
    description: monitor.description,
    alias: monitor.alias,
    ...(monitor.aliasDialect === null ? {} : { alias_dialect: monitor.aliasDialect }),
    schedule: {
      kind: schedule.kind,
      period_ms: schedule.periodMs,
      expression: schedule.expression,
      time_zone: schedule.timeZone,
    },
    grace_ms: monitor.graceMs,
    max_run_ms: monitor.maxRunMs,
    min_run_ms: monitor.minRunMs,
    early_ms: monitor.earlyMs,
    failures_to_alert: monitor.failuresToAlert,
    post_only: monitor.postOnly,
    manual_resume: monitor.manualResume,
    filter: {
      start_keywords: filter.startKeywords,
      success_keywords: filter.successKeywords,
      failure_keywords: filter.failureKeywords,
      subject: filter.subject,
      body: filter.body,
      http_body: filter.httpBody,
      fails_by_default: filter.failsByDefault,
    },
    paused: monitor.status === 'paused',
    channels: channelIds,
  }
}

export function settingsFrom({ schedule, filter, ...monitor }: ExportedMonitor): MonitorSettings {
  return {
    name: monitor.name,
    slug: monitor.slug,
    tags: monitor.tags,
    description: monitor.description,
    alias: monitor.alias,
    aliasDialect: monitor.alias === '' ? null : (monitor.alias_dialect ?? null),
    schedule: {
      kind: schedule.kind,
      periodMs: schedule.period_ms,
      expression: schedule.expression,
      timeZone: schedule.time_zone,
    },
    graceMs: monitor.grace_ms,
    maxRunMs: monitor.max_run_ms,
    minRunMs: monitor.min_run_ms,
    earlyMs: monitor.early_ms,
    failuresToAlert: monitor.failures_to_alert,
    postOnly: monitor.post_only,
    manualResume: monitor.manual_resume,
    filter: {
      startKeywords: filter.start_keywords,
      successKeywords: filter.success_keywords,
      failureKeywords: filter.failure_keywords,
      subject: filter.subject,
      body: filter.body,
      httpBody: filter.http_body,
      failsByDefault: filter.fails_by_default,
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid', 'This is no JSON, and so no export of CronGuard.')
  }
}

function requireVersion(content: unknown): void {
  const { format, version } = (content ?? {}) as { format?: unknown; version?: unknown }
  if (format !== EXPORT_FORMAT) throw new AppError('invalid', 'This is no export of CronGuard.')
  if (typeof version !== 'number' || version <= EXPORT_VERSION) return
  throw new AppError(
    'invalid',
    `This export has version ${version}; this CronGuard reads ${EXPORT_VERSION}. Install a newer one.`,
  )
}

function requireFew({ projects }: Exported): void {
  const count = projects.reduce((sum, { monitors }) => sum + monitors.length, 0)
  if (count <= MONITORS_IN_FILE_MAX) return
  const [has, most] = [count, MONITORS_IN_FILE_MAX].map((number) => number.toLocaleString('en'))
  throw new AppError(
    'invalid',
    `This export has ${has} monitors; at most ${most} are brought in at once. Bring in some of its projects at a time.`,
  )
}

// The second of a pair would undo the first.
function requireDistinct({ projects }: Exported): void {
  const ids: [what: string, ids: string[]][] = [
    ['project', projects.map(({ id }) => id)],
    ['channel', projects.flatMap(({ channels }) => channels.map(({ id }) => id))],
    ['ping key', projects.flatMap(({ monitors }) => monitors.map(({ ping_key }) => ping_key))],
    ['project ping key', projects.map(({ ping_key }) => ping_key)],
    ['badge key', projects.flatMap(({ badge_key, monitors }) => [badge_key, ...monitors.map((one) => one.badge_key)])],
    ['alias', projects.flatMap(({ monitors }) => monitors.map(({ alias }) => alias).filter((alias) => alias !== ''))],
  ]
  for (const [what, all] of ids) {
    if (new Set(all).size < all.length) throw new AppError('invalid', `A ${what} stands twice in this export.`)
  }
}

function isExpression(expression: string): boolean {
  try {
    return expression === '' || readExpressionKind(expression) !== undefined
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
