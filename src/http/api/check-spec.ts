// Parses the check that a client sends. Error messages are those of Healthchecks. Unknown keys are ignored, so that a
// client can send back a check that it received.
import { z } from 'zod'
import type { Channel } from '#domain/channel.ts'
import { KEYWORDS_MAX, type MonitorChange, slugify } from '#domain/monitor.ts'
import { changeOf, type FlatSettings, type MonitorMatch, type SettingField } from '#domain/monitor-settings.ts'
import type { PingFilter } from '#domain/ping.ts'
import { readExpressionKind } from '#domain/schedule-times.ts'
import type { SettingProblem } from '#domain/setting.ts'
import { AppError } from '#lib/errors.ts'
import { settingSchemas, settingsIn } from './check-settings.ts'
import type { ApiVersion } from './endpoint.ts'
import { flag, text } from './fields.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The settings by which an upsert can find a check. */
const UNIQUE_FIELDS = {
  name: 'name',
  slug: 'slug',
  tags: 'tags',
  timeout: 'schedule.periodMs',
  grace: 'graceMs',
} satisfies Record<string, SettingField>
type UniqueField = keyof typeof UNIQUE_FIELDS

/** The fields of a request besides settings. */
const REQUEST = {
  subminute: flag('subminute'),
  subject: text('subject', KEYWORDS_MAX),
  subject_fail: text('subject_fail', KEYWORDS_MAX),
  channels: z.string('channels is not a string'),
  import_uuid: z
    .string('import_uuid is not a string')
    .regex(UUID, 'import_uuid is not a UUID')
    .transform((uuid) => uuid.toLowerCase()),
  unique: z.array(
    z.enum(Object.keys(UNIQUE_FIELDS) as UniqueField[], "an item in 'unique' has unexpected value"),
    'unique is not an array',
  ),
}
const Request = z.object(REQUEST).partial()

/** The validated fields of a request. Fields that weren't sent are missing. */
export interface CheckSpec extends z.output<typeof Request> {
  settings: Partial<FlatSettings>
}

const MINUTES = z.object({ ...settingSchemas('minutes'), ...REQUEST }).partial()
export const SECONDS = z.object({ ...settingSchemas('seconds'), ...REQUEST }).partial()

/** Throws `invalid` with the first problem. */
export function readCheckSpec(body: Record<string, unknown>): CheckSpec {
  const parsed = (body.subminute === true ? SECONDS : MINUTES).safeParse(body)
  if (parsed.success) return { ...(parsed.data as z.output<typeof Request>), settings: settingsIn(parsed.data) }
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'value is not usable' }
  const phrase = PROBLEMS[message as SettingProblem]
  throw new AppError('invalid', `json validation error: ${phrase ? `${String(path[0])} ${phrase}` : message}`)
}

const PROBLEMS: Record<SettingProblem, string> = {
  not_text: 'is not a string',
  not_number: 'is not a number',
  not_flag: 'is not a boolean',
  too_long: 'is too long',
  too_small: 'is too small',
  too_large: 'is too large',
  nul: 'has a NUL character',
  control: 'has control characters',
  unknown_value: 'has unexpected value',
  not_slug: 'does not match pattern',
  not_alias: 'does not match pattern',
  not_zone: 'is not a valid timezone',
  not_expression: 'is not a valid cron or OnCalendar expression',
}

/** The requested change. Before version 3, the slug is derived from the name unless the request contains a slug. */
export function toChange(spec: CheckSpec, version: ApiVersion): MonitorChange {
  const { name, slug } = spec.settings
  const settings = withKind(spec.settings)
  if (version < 3 && slug === undefined && name !== undefined) settings.slug = slugify(name)
  return { ...changeOf(settings), ...deprecatedFilterChange(spec, changeOf(settings).filter as Partial<PingFilter>) }
}

// If a request contains both an expression and a period, the period is ignored. A time zone alone is allowed.
function withKind(settings: CheckSpec['settings']): CheckSpec['settings'] {
  const { 'schedule.periodMs': periodMs, ...others } = settings
  const expression = settings['schedule.expression']
  if (expression !== undefined) return { ...others, 'schedule.kind': readExpressionKind(expression) }
  return periodMs === undefined ? others : { ...settings, 'schedule.kind': 'period' }
}

// The deprecated fields `subject` and `subject_fail` set keywords that the request doesn't set otherwise. They also
// enable the filter if there are any keywords and disable it if there are none.
function deprecatedFilterChange(
  { subject, subject_fail: subjectFail }: CheckSpec,
  given: Partial<PingFilter>,
): Pick<MonitorChange, 'filter'> {
  if (subject === undefined && subjectFail === undefined) return {}
  const change: Partial<PingFilter> = {
    ...(subject === undefined ? {} : { successKeywords: subject }),
    ...(subjectFail === undefined ? {} : { failureKeywords: subjectFail }),
    ...given,
  }
  return { filter: (filter) => ({ subject: hasKeywords({ ...filter, ...change }), ...change }) }
}

function hasKeywords({ successKeywords, failureKeywords }: PingFilter): boolean {
  return successKeywords !== '' || failureKeywords !== ''
}

/** How an upsert finds its check; null if it always creates one. */
export function toMatch({ unique = [], settings }: CheckSpec): MonitorMatch | null {
  const fields = unique.map((name) => UNIQUE_FIELDS[name])
  if (fields.length === 0 || fields.some((field) => settings[field] === undefined)) return null
  return Object.fromEntries(fields.map((field) => [field, settings[field]]))
}

/** The channels' IDs for `*`, an empty string, or a list of IDs and names with exact spaces. Throws `invalid`. */
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
