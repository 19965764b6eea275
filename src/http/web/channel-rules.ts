// The rules of a channel in its form.
import { ALL_DAYS, CHANNEL_EVENTS, type ChannelRules } from '#domain/channel-rules.ts'
import { readLength } from '#domain/schedule-input.ts'
import type { Form } from '#http/forms.ts'
import { durationInWords } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { dayField, eventField } from '#views/components/channel-rules.tsx'

/** The values of the fields. `zone` is for a channel without quiet hours. */
export function ruleValues(
  { events, quietHours, delayMs, drills }: ChannelRules,
  zone: string,
): Record<string, string> {
  const { from = '', to = '', days = ALL_DAYS, tz = zone } = quietHours ?? {}
  return {
    ...Object.fromEntries([...events.map(eventField), ...days.map(dayField)].map((name) => [name, 'on'])),
    'quietHours.from': from,
    'quietHours.to': to,
    'quietHours.tz': tz,
    delayMs: delayMs === 0 ? '' : durationInWords(delayMs),
    ...(drills && { drills: 'on' }),
  }
}

/** Throws invalid. Quiet hours without a beginning and an end are none. */
export function rulesIn(form: Form): ChannelRules {
  const [from, to] = [form.text('quietHours.from').trim(), form.text('quietHours.to').trim()]
  const days = ALL_DAYS.filter((day) => form.isTicked(dayField(day)))
  return {
    events: CHANNEL_EVENTS.filter((event) => form.isTicked(eventField(event))),
    quietHours: from === '' && to === '' ? null : { from, to, days, tz: form.text('quietHours.tz') },
    delayMs: readDelay(form.text('delayMs').trim()),
    drills: form.isTicked('drills'),
  }
}

function readDelay(text: string): number {
  const delayMs = text === '' ? 0 : readLength(text)
  if (delayMs !== null) return delayMs
  const problem = 'Enter a duration, such as “30 minutes”.'
  throw new AppError('invalid', problem, { delayMs: problem })
}
