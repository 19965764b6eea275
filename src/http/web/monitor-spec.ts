// What a person may say of a monitor in a form, with our own words for what is wrong.
import type { z } from 'zod'
import {
  ALIAS_PATTERN,
  DESCRIPTION_MAX,
  FAILURES_TO_ALERT_MAX,
  freeSlug,
  KEYWORDS_MAX,
  type Monitor,
  type MonitorChange,
  type MonitorRules,
  NAME_MAX,
  NO_RULES,
  SLUG_MAX,
  slugify,
  TAGS_MAX,
} from '#domain/monitor.ts'
import {
  defaultGraceMs,
  EARLY_MAX_MS,
  GRACE_MAX_MS,
  GRACE_MIN_MS,
  isSameSchedule,
  requireFuture,
  type Schedule,
} from '#domain/schedule.ts'
import { readSchedule } from '#domain/schedule-input.ts'
import { limitedLine, limitedText } from '#domain/text.ts'
import type { Form } from '#http/forms.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, readField, throwProblems } from '#lib/fields.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { LENGTH_UNITS, type LengthName } from '#views/pages/monitor-form.tsx'

/** When pings are expected, and how long they are waited for. */
export type Rhythm = Pick<MonitorRules, 'schedule' | 'graceMs' | 'maxRunMs' | 'minRunMs' | 'earlyMs'>

/** Gives the value of a field; an empty text when it is not there. */
type FieldText = (name: string) => string

interface FormContext {
  /** The monitor as it is; null: it is to be made. */
  monitor: Monitor | null
  /** What the other monitors of the project have. */
  takenSlugs: ReadonlySet<string>
  now: number
}

/** Throws invalid with every problem, each at its field. */
export function readMonitorForm(form: Form, formContext: FormContext): MonitorChange {
  const problems: FieldProblems = {}
  const read = (name: string, schema: z.ZodType<string>): string =>
    readField(problems, name, schema.safeParse(form.text(name)), '')
  const name = read('name', Name)
  const change: MonitorChange = {
    name,
    tags: read('tags', limitedLine('The tags have', TAGS_MAX)),
    description: read('description', Description),
    slug: readSlug(read('slug', Slug), { name, problems, formContext }),
    alias: read('alias', Alias),
    ...readRhythm(form.text, problems, formContext),
    failuresToAlert: readFailures(form.text('failuresToAlert'), problems),
    postOnly: form.isTicked('postOnly'),
    manualResume: form.isTicked('manualResume'),
    filter: {
      httpBody: form.isTicked('httpBody'),
      subject: form.isTicked('filterSubject'),
      body: form.isTicked('filterBody'),
      startKeywords: read('startKeywords', Keywords),
      successKeywords: read('successKeywords', Keywords),
      failureKeywords: read('failureKeywords', Keywords),
      failsByDefault: form.isTicked('failsByDefault'),
    },
  }
  throwProblems(problems)
  return change
}

/** Notes what is wrong, and gives something usable for what cannot be read. */
export function readRhythm(
  text: FieldText,
  problems: FieldProblems,
  { monitor, now }: Pick<FormContext, 'monitor' | 'now'>,
): Rhythm {
  const length = (what: LengthName, limits = RUN_LIMITS) => readLength(text, problems, { what, ...limits })
  const schedule = readScheduleFields(text, problems, { before: monitor?.schedule ?? NO_RULES.schedule, now })
  return {
    schedule,
    graceMs: length('grace', GRACE_LIMITS) ?? defaultGraceMs(schedule, now),
    maxRunMs: length('maxRun'),
    minRunMs: length('minRun'),
    earlyMs: length('early', EARLY_LIMITS),
  }
}

const GRACE_LIMITS = { min: GRACE_MIN_MS, max: GRACE_MAX_MS, limits: 'A grace is 1 second to 365 days.' }
const RUN_LIMITS = { min: GRACE_MIN_MS, max: GRACE_MAX_MS, limits: 'A run takes 1 second to 365 days.' }
const EARLY_LIMITS = { min: 0, max: EARLY_MAX_MS, limits: 'A ping is early by a day at most.' }

// What the other kinds of schedule had stays as it was.
function readScheduleFields(
  text: FieldText,
  problems: FieldProblems,
  { before, now }: { before: Schedule; now: number },
): Schedule {
  const zone = text('timeZone') === '' ? before.timeZone : currentZoneName(text('timeZone'))
  if (zone === null) problems.timeZone = 'Choose a time zone of the list.'
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

interface LengthRule {
  what: LengthName
  min: number
  max: number
  /** What is said of a length beyond them. */
  limits: string
}

// Null for an empty field, and for what cannot be read.
function readLength(text: FieldText, problems: FieldProblems, { what, min, max, limits }: LengthRule): number | null {
  const field = `${what}Count`
  const count = text(field).trim()
  if (count === '') return null
  const unit = LENGTH_UNITS.find(({ name }) => name === text(`${what}Unit`))
  const ms = /^\d{1,9}$/.test(count) && unit ? Number(count) * unit.ms : null
  if (ms === null) problems[field] = 'Say it as a whole number.'
  else if (ms < min || ms > max) problems[field] = limits
  return ms
}

function readFailures(text: string, problems: FieldProblems): number {
  const written = text.trim()
  if (written === '') return NO_RULES.failuresToAlert
  const count = /^\d{1,3}$/.test(written) ? Number(written) : 0
  if (count >= 1 && count <= FAILURES_TO_ALERT_MAX) return count
  problems.failuresToAlert = `Say it as a whole number, 1 to ${FAILURES_TO_ALERT_MAX}.`
  return NO_RULES.failuresToAlert
}

// A slug that two monitors share works for neither: a made one steps aside, a typed one is refused.
function readSlug(
  typed: string,
  {
    name,
    problems,
    formContext: { monitor, takenSlugs },
  }: { name: string; problems: FieldProblems; formContext: FormContext },
): string {
  if (typed === '' && monitor === null) return freeSlug(slugify(name), takenSlugs)
  if (typed !== monitor?.slug && takenSlugs.has(typed)) {
    problems.slug = `Another monitor of the project has this slug. "${freeSlug(typed, takenSlugs)}" is free.`
  }
  return typed
}

const Name = limitedLine('A name has', NAME_MAX).refine((name) => name !== '', 'A monitor needs a name.')
const Keywords = limitedLine('The keywords have', KEYWORDS_MAX)
const Description = limitedText('A description has', DESCRIPTION_MAX).refine(
  (text) => !/(?![\n\t])\p{Cc}/u.test(text),
  'A description has no control characters.',
)
const Slug = limitedText('A slug has', SLUG_MAX).refine(
  (slug) => /^[a-z0-9_-]*$/.test(slug),
  'A slug has only the letters a to z, digits, "-" and "_".',
)
const Alias = limitedText('An alias has', 64).refine(
  (alias) => alias === '' || ALIAS_PATTERN.test(alias),
  'An alias has 4 to 64 letters a to z, A to Z, digits, "-" and "_".',
)
