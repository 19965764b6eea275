// The settings of a monitor in the management API: durations in seconds, and the names of Healthchecks.
import { z } from 'zod'
import { NAME_MAX } from '#domain/monitor.ts'
import type { FlatSettings, MonitorSetting, SettingField } from '#domain/monitor-settings.ts'
import { SCHEDULE_MAX_LENGTH } from '#domain/schedule-input.ts'
import { expression, text } from '#domain/setting.ts'
import { SECOND } from '#lib/duration.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { ADDED_SETTINGS, WIRE_SETTINGS } from '#words/check.ts'
import { NO_NUL } from './limits.ts'

/** As in Healthchecks, these must be at least a minute unless the request sets `subminute`. */
const MINUTE_FIELDS: SettingField[] = ['schedule.periodMs', 'graceMs', 'maxRunMs']

const SECONDS_MIN = 60

/** Schemas for the fields of a request. They return values of the domain; their messages are error codes. */
export function settingSchemas(precision: 'minutes' | 'seconds'): Record<string, z.ZodType> {
  return Object.fromEntries(
    WIRE_SETTINGS.map((setting) => [
      setting.wire,
      DIALECT[setting.field] ?? schemaOf(setting, precision === 'minutes' ? SECONDS_MIN : 0),
    ]),
  )
}

const DIALECT: Partial<Record<SettingField, z.ZodType>> = {
  // Names appear in subjects and titles, so line breaks become spaces.
  name: text({ max: NAME_MAX })
    .schema.meta({ maxLength: NAME_MAX, ...NO_NUL })
    .transform((name) => withoutInvisible(String(name).replaceAll(/\p{Cc}/gu, ' '))),
  'schedule.expression': expression(SCHEDULE_MAX_LENGTH)
    .schema.refine((written) => written !== '', 'not_expression')
    .meta({ minLength: 1, maxLength: SCHEDULE_MAX_LENGTH, ...NO_NUL }),
  postOnly: z.enum(['', 'POST'], 'unknown_value').transform((methods) => methods === 'POST'),
}

function schemaOf({ field, kind }: MonitorSetting, secondsMin: number): z.ZodType {
  switch (kind.is) {
    case 'duration': {
      const min = Math.max(kind.min / SECOND, MINUTE_FIELDS.includes(field) ? secondsMin : 0)
      const schema = wholeSeconds(min, kind.max / SECOND)
      return kind.isOptional ? schema.nullable() : schema
    }
    case 'text':
      return kind.schema.meta({ maxLength: kind.max, pattern: kind.pattern?.source ?? NO_NUL.pattern })
    case 'zone':
      return kind.schema.meta({ minLength: 1 })
    default:
      return kind.schema
  }
}

function wholeSeconds(min: number, max: number) {
  return z
    .number('not_number')
    .refine(Number.isInteger, { error: 'not_number', abort: true })
    .min(min, 'too_small')
    .max(max, 'too_large')
    .meta({ type: 'integer' })
    .transform((length) => length * SECOND)
}

/** The settings in a request that was parsed with `settingSchemas`. */
export function settingsIn(read: Record<string, unknown>): Partial<FlatSettings> {
  const sent = WIRE_SETTINGS.filter(({ wire }) => read[wire] !== undefined)
  return Object.fromEntries(sent.map(({ wire, field }) => [field, read[wire]]))
}

const ANSWERED: Partial<Record<SettingField, string>> = {
  tags: 'Words separated by spaces.',
  graceMs: 'Seconds.',
  'schedule.periodMs': 'The period in seconds, if the check has one.',
  'schedule.expression': 'The expression, if the check has one.',
  'schedule.timeZone': 'The time zone of the expression.',
  alias: 'Not shown to a read-only key, because anyone with it can ping.',
}

/** The schema of each setting in a response. */
export function answeredSettings(): Record<string, z.ZodType> {
  return Object.fromEntries(
    WIRE_SETTINGS.map(({ wire, field, group, kind }) => {
      const note = ANSWERED[field]
      const type = note ? answered(field, kind.is).describe(note) : answered(field, kind.is)
      const isAlways = group !== 'schedule' && !ADDED_SETTINGS.includes(field)
      return [wire, isAlways ? type : type.optional()]
    }),
  )
}

const Count = z.int().min(0)

function answered(field: SettingField, is: MonitorSetting['kind']['is']): z.ZodType {
  if (field === 'postOnly') return z.enum(['', 'POST'])
  if (is === 'flag') return z.boolean()
  if (is === 'duration') return field === 'earlyMs' ? Count.nullable() : Count
  return is === 'count' ? Count : z.string()
}
