// Parses the form of a monitor.
import { freeSlug, type Monitor, type MonitorChange, type MonitorRules, NO_RULES, slugify } from '#domain/monitor.ts'
import {
  changeOf,
  defaultOf,
  ENTERED_SETTINGS,
  type FlatSettings,
  type MonitorSetting,
  settingOf,
} from '#domain/monitor-settings.ts'
import { defaultGraceMs, isSameSchedule, requireFuture, type Schedule } from '#domain/schedule.ts'
import { readSchedule } from '#domain/schedule-input.ts'
import { type Checked, checkTyped, checkValue, type SettingValue } from '#domain/setting.ts'
import type { Form } from '#http/forms.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, throwProblems } from '#lib/fields.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { LENGTH_UNITS } from '#views/pages/monitor-form.tsx'
import { NO_NAME, problemInWords, slugTaken } from '#words/monitor-problems.ts'

/** The schedule and the limits of pings and runs. */
export type Rhythm = Pick<MonitorRules, 'schedule' | 'graceMs' | 'maxRunMs' | 'minRunMs' | 'earlyMs'>

/** Returns the value of a field; an empty string if it is missing. */
type FieldText = (name: string) => string

interface FormContext {
  /** The existing monitor; null for a new one. */
  monitor: Monitor | null
  /** The slugs of the project's other monitors. */
  takenSlugs: ReadonlySet<string>
  now: number
}

/** Throws `invalid` with all problems, by field. */
export function readMonitorForm({ text }: Form, formContext: FormContext): MonitorChange {
  const problems: FieldProblems = {}
  const values = readSettings(text, problems, ENTERED_SETTINGS)
  const { name = '', slug = '' } = values
  if (name === '') problems.name ??= NO_NAME
  const change: MonitorChange = {
    ...changeOf({ ...values, slug: chooseSlug(slug, { name, problems, formContext }) }),
    ...readRhythm(text, problems, formContext),
  }
  throwProblems(problems)
  return change
}

/** Adds errors to `problems`, and returns a usable default for each invalid field. */
export function readRhythm(
  text: FieldText,
  problems: FieldProblems,
  { monitor, now }: Pick<FormContext, 'monitor' | 'now'>,
): Rhythm {
  const schedule = readScheduleFields(text, problems, { before: monitor?.schedule ?? NO_RULES.schedule, now })
  const lengths = readSettings(
    text,
    problems,
    ENTERED_SETTINGS.filter(({ kind }) => kind.is === 'duration'),
  )
  const { graceMs, maxRunMs = null, minRunMs = null, earlyMs = null } = lengths
  return { schedule, graceMs: graceMs ?? defaultGraceMs(schedule, now), maxRunMs, minRunMs, earlyMs }
}

function readSettings(
  text: FieldText,
  problems: FieldProblems,
  settings: readonly MonitorSetting[],
): Partial<FlatSettings> {
  return Object.fromEntries(settings.map((setting) => [setting.field, readSetting(text, problems, setting)]))
}

function readSetting(text: FieldText, problems: FieldProblems, setting: MonitorSetting): SettingValue {
  const { kind, input } = setting
  const checked = check(text, setting)
  if ('value' in checked) return checked.value
  problems[kind.is === 'duration' ? `${input}Count` : input] = problemInWords(kind, checked.problem)
  return defaultOf(setting)
}

function check(text: FieldText, setting: MonitorSetting): Checked {
  const { kind, input } = setting
  switch (kind.is) {
    case 'text':
      return checkTyped(kind, text(input))
    case 'flag':
      return { value: text(input) !== '' }
    case 'duration':
      return text(`${input}Count`).trim() === '' ? { value: null } : checkValue(kind, readLength(text, input))
    case 'count':
      return text(input).trim() === '' ? { value: defaultOf(setting) } : checkValue(kind, readNumber(text(input)))
    case 'choice':
      return kind.isOptional && text(input) === '' ? { value: null } : checkValue(kind, text(input))
    case 'zone':
      return checkValue(kind, text(input))
  }
}

// Invalid input is returned as text, which the validation then rejects.
function readLength(text: FieldText, input: string): number | string {
  const count = readNumber(text(`${input}Count`))
  const unit = LENGTH_UNITS.find(({ name }) => name === text(`${input}Unit`))
  return typeof count === 'number' && unit ? count * unit.ms : ''
}

function readNumber(typed: string): number | string {
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : typed
}

// The fields of the other kinds of schedule keep their stored values.
function readScheduleFields(
  text: FieldText,
  problems: FieldProblems,
  { before, now }: { before: Schedule; now: number },
): Schedule {
  const zone = text('timeZone') === '' ? before.timeZone : currentZoneName(text('timeZone'))
  if (zone === null) problems.timeZone = problemInWords(settingOf('schedule.timeZone').kind, 'not_zone')
  try {
    const { unsaid: _unsaid, ...input } = readSchedule(text('schedule'))
    const schedule = { ...before, timeZone: zone ?? before.timeZone, ...input }
    if (!isSameSchedule(schedule, before)) requireFuture(schedule, now)
    return schedule
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    problems.schedule = error.message
    return before
  }
}

// A slug that two monitors share works for neither. A generated slug gets a suffix, and a typed one is an error.
function chooseSlug(
  typed: string,
  {
    name,
    problems,
    formContext: { monitor, takenSlugs },
  }: { name: string; problems: FieldProblems; formContext: FormContext },
): string {
  if (typed === '' && monitor === null) return freeSlug(slugify(name), takenSlugs)
  if (typed !== monitor?.slug && takenSlugs.has(typed)) {
    problems.slug = slugTaken(freeSlug(typed, takenSlugs))
  }
  return typed
}
