// The settings of a monitor in the management API: durations in seconds, and the names of Healthchecks.
import { z } from 'zod'
import { type Monitor, NAME_MAX } from '#domain/monitor.ts'
import {
  defaultOf,
  type FlatSettings,
  MONITOR_SETTINGS,
  type MonitorSetting,
  type SettingField,
  settingValue,
} from '#domain/monitor-settings.ts'
import { SCHEDULE_MAX_LENGTH } from '#domain/schedule-input.ts'
import { expression, type SettingValue, text } from '#domain/setting.ts'
import { SECOND } from '#lib/duration.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { NO_NUL } from './limits.ts'
import { seconds } from './times.ts'

export interface WireSetting extends MonitorSetting {
  wire: string
}

/** The settings that the API has. */
export const WIRE_SETTINGS = MONITOR_SETTINGS.filter((setting): setting is WireSetting => setting.wire !== null)

/** As in Healthchecks, these must be at least a minute unless the request sets `subminute`. */
const MINUTE_FIELDS: SettingField[] = ['schedule.periodMs', 'graceMs', 'maxRunMs']

/**
 * Settings that Healthchecks doesn't have are left out of responses if they have their default. A client of
 * Healthchecks can then send back the check that it received.
 */
const ADDED_SETTINGS: SettingField[] = ['maxRunMs', 'minRunMs', 'earlyMs', 'failuresToAlert', 'alias']

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

const ADDED = WIRE_SETTINGS.filter(({ field }) => ADDED_SETTINGS.includes(field))
const OF_PERIOD = WIRE_SETTINGS.filter(({ field }) => field === 'schedule.periodMs')
const OF_EXPRESSION = WIRE_SETTINGS.filter((one) => one.group === 'schedule' && !OF_PERIOD.includes(one))
const ALWAYS = WIRE_SETTINGS.filter((one) => one.group !== 'schedule' && !ADDED.includes(one))
const BLANK: Record<string, SettingValue> = Object.fromEntries(ALWAYS.map(({ wire }) => [wire, null]))

/** The settings of a monitor under the API's names: a period or an expression, and our additions unless default. */
export function shownSettings(monitor: Monitor): Record<string, SettingValue> {
  // Copies of one object are the fastest to fill and to write as JSON.
  const shown = { ...BLANK }
  const add = (setting: WireSetting) => {
    shown[setting.wire] = toWire(setting, settingValue(monitor, setting))
  }
  ALWAYS.forEach(add)
  const ofSchedule = monitor.schedule.kind === 'period' ? OF_PERIOD : OF_EXPRESSION
  ofSchedule.forEach(add)
  ADDED.filter((setting) => settingValue(monitor, setting) !== defaultOf(setting)).forEach(add)
  return shown
}

export function toWire({ field, kind }: WireSetting, value: SettingValue): SettingValue {
  if (field === 'postOnly') return value ? 'POST' : ''
  return kind.is === 'duration' && typeof value === 'number' ? seconds(value) : value
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
