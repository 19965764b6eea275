// What a client may say of a check, with the reference's words for what is wrong. Unknown keys are ignored, so that a
// check that was read can be sent back.
import { z } from 'zod'
import type { Channel } from '#domain/channel.ts'
import {
  ALIAS_PATTERN,
  DESCRIPTION_MAX,
  FAILURES_TO_ALERT_MAX,
  KEYWORDS_MAX,
  type MonitorChange,
  type MonitorMatch,
  NAME_MAX,
  SLUG_MAX,
  slugify,
  TAGS_MAX,
} from '#domain/monitor.ts'
import type { PingFilter } from '#domain/ping.ts'
import { EARLY_MAX_MS } from '#domain/schedule.ts'
import { SCHEDULE_MAX_LENGTH } from '#domain/schedule-input.ts'
import { readExpressionKind } from '#domain/schedule-times.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import type { ApiVersion } from './endpoint.ts'
import { NO_NUL } from './limits.ts'

const SECONDS_MIN = 60
const SECONDS_MAX = 31_536_000
const NO_SCHEDULE = 'schedule is not a valid cron or OnCalendar expression'
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const UNIQUE_FIELDS = ['name', 'slug', 'tags', 'timeout', 'grace'] as const

/** Two of them: with our addition `subminute` a second is enough. */
const specSchema = (secondsMin: number) =>
  z.object({
    // A name stands in subjects and titles: on one line.
    name: text('name', NAME_MAX).transform((name) => withoutInvisible(name.replaceAll(/\p{Cc}/gu, ' '))),
    slug: limited('slug', SLUG_MAX).regex(/^[a-z0-9_-]*$/, 'slug does not match pattern'),
    tags: text('tags', TAGS_MAX).transform(withoutInvisible),
    desc: text('desc', DESCRIPTION_MAX).transform(withoutInvisible),
    timeout: wholeNumber('timeout', { min: secondsMin, max: SECONDS_MAX }),
    grace: wholeNumber('grace', { min: secondsMin, max: SECONDS_MAX }),
    subminute: flag('subminute'),
    schedule: text('schedule', SCHEDULE_MAX_LENGTH).refine(isExpression, NO_SCHEDULE).meta({ minLength: 1 }),
    tz: z.string('tz is not a string').meta({ minLength: 1 }).transform(readZone),
    methods: z.enum(['', 'POST'], 'methods has unexpected value'),
    manual_resume: flag('manual_resume'),
    start_kw: text('start_kw', KEYWORDS_MAX),
    success_kw: text('success_kw', KEYWORDS_MAX),
    failure_kw: text('failure_kw', KEYWORDS_MAX),
    filter_subject: flag('filter_subject'),
    filter_body: flag('filter_body'),
    filter_http_body: flag('filter_http_body'),
    filter_default_fail: flag('filter_default_fail'),
    subject: text('subject', KEYWORDS_MAX),
    subject_fail: text('subject_fail', KEYWORDS_MAX),
    channels: z.string('channels is not a string'),
    max_run: wholeNumber('max_run', { min: secondsMin, max: SECONDS_MAX }).nullable(),
    min_run: wholeNumber('min_run', { min: 1, max: SECONDS_MAX }).nullable(),
    early: wholeNumber('early', { min: 0, max: EARLY_MAX_MS / SECOND }).nullable(),
    failures_to_alert: wholeNumber('failures_to_alert', { min: 1, max: FAILURES_TO_ALERT_MAX }),
    alias: z
      .string('alias is not a string')
      .refine((alias) => alias === '' || ALIAS_PATTERN.test(alias), 'alias does not match pattern')
      .meta({ pattern: `^(${ALIAS_PATTERN.source.slice(1, -1)})?$` }),
    import_uuid: z
      .string('import_uuid is not a string')
      .regex(UUID, 'import_uuid is not a UUID')
      .transform((uuid) => uuid.toLowerCase()),
    unique: z.array(z.enum(UNIQUE_FIELDS, "an item in 'unique' has unexpected value"), 'unique is not an array'),
  })

/** What was sent, checked field by field; only the fields that were sent. */
export type CheckSpec = Partial<z.output<ReturnType<typeof specSchema>>>

const MINUTES = specSchema(SECONDS_MIN).partial()
export const SECONDS = specSchema(1).partial()

/** Throws invalid with the first problem. */
export function readCheckSpec(body: Record<string, unknown>): CheckSpec {
  const parsed = (body.subminute === true ? SECONDS : MINUTES).safeParse(body)
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? 'value is not usable')
  return parsed.data as CheckSpec
}

/** The change that a spec asks for. Before version 3 a name makes the slug, unless a slug is given too. */
export function toChange(spec: CheckSpec, version: ApiVersion): MonitorChange {
  const slug = spec.slug ?? (version < 3 && spec.name !== undefined ? slugify(spec.name) : undefined)
  return withoutUndefined({
    name: spec.name,
    slug,
    tags: spec.tags,
    description: spec.desc,
    schedule: toScheduleChange(spec),
    graceMs: toMs(spec.grace),
    maxRunMs: toMs(spec.max_run),
    minRunMs: toMs(spec.min_run),
    earlyMs: toMs(spec.early),
    failuresToAlert: spec.failures_to_alert,
    alias: spec.alias,
    postOnly: spec.methods === undefined ? undefined : spec.methods === 'POST',
    manualResume: spec.manual_resume,
    filter: toFilterChange(spec),
  })
}

/** The check that an upsert means; null when it always creates. */
export function toMatch(spec: CheckSpec): MonitorMatch | null {
  const fields = spec.unique ?? []
  if (fields.length === 0 || fields.some((field) => spec[field] === undefined)) return null
  const isMeant = (field: (typeof UNIQUE_FIELDS)[number]) => fields.includes(field)
  return withoutUndefined({
    name: isMeant('name') ? spec.name : undefined,
    slug: isMeant('slug') ? spec.slug : undefined,
    tags: isMeant('tags') ? spec.tags : undefined,
    periodMs: isMeant('timeout') ? (spec.timeout ?? 0) * SECOND : undefined,
    graceMs: isMeant('grace') ? (spec.grace ?? 0) * SECOND : undefined,
  })
}

/** The ids behind `*`, nothing, or a list of ids and names; spaces count. Throws invalid. */
export function resolveChannels(channels: Channel[], wanted: string): string[] {
  if (wanted === '*') return channels.map(({ id }) => id)
  if (wanted === '') return []
  return [...new Set(wanted.split(',').map((identifier) => resolveChannel(channels, identifier)))]
}

function resolveChannel(channels: Channel[], identifier: string): string {
  if (identifier === '') throw new AppError('invalid', 'empty channel identifier')
  const byId = channels.find(({ id }) => id === identifier)
  if (byId) return byId.id
  const [found, another] = channels.filter(({ name }) => name === identifier)
  if (found === undefined) throw new AppError('invalid', `invalid channel identifier: ${identifier}`)
  if (another) throw new AppError('invalid', `non-unique channel identifier: ${identifier}`)
  return found.id
}

// An expression wins over a period in the same request. The time zone may change alone.
function toScheduleChange({ schedule, timeout, tz }: CheckSpec): MonitorChange['schedule'] {
  const change: MonitorChange['schedule'] = tz === undefined ? {} : { timeZone: tz }
  if (schedule !== undefined) return { ...change, kind: readExpressionKind(schedule), expression: schedule }
  return timeout === undefined ? change : { ...change, kind: 'period', periodMs: timeout * SECOND }
}

function toMs<T extends number | null | undefined>(length: T): T | number {
  return typeof length === 'number' ? length * SECOND : length
}

function isExpression(text: string): boolean {
  try {
    return readExpressionKind(text) !== undefined
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function readZone(name: string, context: z.RefinementCtx): string {
  const zone = currentZoneName(name)
  if (zone === null) context.addIssue('tz is not a valid timezone')
  return zone ?? name
}

// The deprecated pair sets keywords that are not set as well, and the filter, by whether there are any, likewise.
function toFilterChange(spec: CheckSpec): MonitorChange['filter'] {
  const usesDeprecated = spec.subject !== undefined || spec.subject_fail !== undefined
  const change: Partial<PingFilter> = withoutUndefined({
    startKeywords: spec.start_kw,
    successKeywords: spec.success_kw ?? spec.subject,
    failureKeywords: spec.failure_kw ?? spec.subject_fail,
    subject: spec.filter_subject,
    body: spec.filter_body,
    httpBody: spec.filter_http_body,
    failsByDefault: spec.filter_default_fail,
  })
  if (!usesDeprecated) return change
  return (filter) => ({ subject: hasKeywords({ ...filter, ...change }), ...change })
}

function hasKeywords({ successKeywords, failureKeywords }: PingFilter): boolean {
  return successKeywords !== '' || failureKeywords !== ''
}

export function text(field: string, max: number) {
  return limited(field, max)
    .refine((value) => !value.includes('\0'), `${field} has a NUL character`)
    .meta(NO_NUL)
}

// Counted in characters as people count them, not in UTF-16 units. Half a character is kept as what the database keeps.
function limited(field: string, max: number) {
  return z
    .string(`${field} is not a string`)
    .overwrite((value) => value.toWellFormed())
    .refine((value) => [...value].length <= max, `${field} is too long`)
    .meta({ maxLength: max })
}

function wholeNumber(field: string, { min, max }: { min: number; max: number }) {
  return z
    .number(`${field} is not a number`)
    .refine(Number.isInteger, { error: `${field} is not a number`, abort: true })
    .min(min, `${field} is too small`)
    .max(max, `${field} is too large`)
    .meta({ type: 'integer' })
}

export function flag(field: string) {
  return z.boolean(`${field} is not a boolean`)
}

function invalid(problem: string): AppError {
  return new AppError('invalid', `json validation error: ${problem}`)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>
}
