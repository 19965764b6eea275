// What a person may say of a monitor in a form, with our own words for what is wrong.
import type { z } from 'zod'
import {
  DESCRIPTION_MAX,
  freeSlug,
  KEYWORDS_MAX,
  type Monitor,
  type MonitorChange,
  NAME_MAX,
  SLUG_MAX,
  slugify,
  TAGS_MAX,
} from '#domain/monitor.ts'
import {
  defaultGraceMs,
  GRACE_MAX_MS,
  GRACE_MIN_MS,
  PERIOD_MAX_MS,
  PERIOD_MIN_MS,
  type Schedule,
} from '#domain/schedule.ts'
import { limitedLine, limitedText } from '#domain/text.ts'
import type { Form } from '#http/forms.ts'
import { DAY } from '#lib/duration.ts'
import { type FieldProblems, readField, throwProblems } from '#lib/fields.ts'
import { LENGTH_UNITS, OTHER_PERIOD, PERIOD_PRESETS } from '#views/pages/monitor-form.tsx'

export interface Rhythm {
  schedule: Schedule
  graceMs: number
}

/** Gives the value of a field; an empty text when it is not there. */
type FieldText = (name: string) => string

interface Around {
  /** The monitor as it is; null: it is to be made. */
  monitor: Monitor | null
  /** What the other monitors of the project have. */
  takenSlugs: ReadonlySet<string>
}

/** Throws invalid with every problem, each at its field. */
export function readMonitorForm(form: Form, around: Around): MonitorChange {
  const problems: FieldProblems = {}
  const read = (name: string, schema: z.ZodType<string>): string =>
    readField(problems, name, schema.safeParse(form.text(name)), '')
  const name = read('name', Name)
  const change: MonitorChange = {
    name,
    tags: read('tags', limitedLine('The tags have', TAGS_MAX)),
    description: read('description', Description),
    slug: readSlug(read('slug', Slug), { name, problems, around }),
    ...readRhythm(form.text, problems),
    postOnly: form.isTicked('postOnly'),
    manualResume: form.isTicked('manualResume'),
    filter: {
      httpBody: form.isTicked('httpBody'),
      startKeywords: read('startKeywords', Keywords),
      successKeywords: read('successKeywords', Keywords),
      failureKeywords: read('failureKeywords', Keywords),
      failsByDefault: form.isTicked('failsByDefault'),
    },
  }
  throwProblems(problems)
  return change
}

/** The period and the grace; notes what is wrong with them, and gives a day for what cannot be read. */
export function readRhythm(text: FieldText, problems: FieldProblems): Rhythm {
  const schedule: Schedule = { kind: 'period', periodMs: readPeriod(text, problems) }
  if (text('graceCount').trim() === '') return { schedule, graceMs: defaultGraceMs(schedule) }
  const graceMs = readLength(text, 'grace')
  if (graceMs === null) problems.graceCount = 'Say the grace as a whole number.'
  else if (graceMs < GRACE_MIN_MS || graceMs > GRACE_MAX_MS) problems.graceCount = 'A grace is 1 second to 365 days.'
  return { schedule, graceMs: graceMs ?? defaultGraceMs(schedule) }
}

function readPeriod(text: FieldText, problems: FieldProblems): number {
  const preset = PERIOD_PRESETS.find(({ periodMs }) => String(periodMs) === text('period'))
  if (preset) return preset.periodMs
  if (text('period') !== OTHER_PERIOD) {
    problems.period = 'Choose how often the job reports.'
    return DAY
  }
  const periodMs = readLength(text, 'period')
  if (periodMs === null) problems.periodCount = 'Say the period as a whole number.'
  else if (periodMs < PERIOD_MIN_MS || periodMs > PERIOD_MAX_MS)
    problems.periodCount = 'A period is 1 second to 365 days.'
  return periodMs ?? DAY
}

function readLength(text: FieldText, what: 'period' | 'grace'): number | null {
  const count = text(`${what}Count`).trim()
  const unit = LENGTH_UNITS.find(({ name }) => name === text(`${what}Unit`))
  return /^\d{1,9}$/.test(count) && unit ? Number(count) * unit.ms : null
}

// A slug that two monitors share works for neither: a made one steps aside, a typed one is refused.
function readSlug(
  typed: string,
  { name, problems, around: { monitor, takenSlugs } }: { name: string; problems: FieldProblems; around: Around },
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
