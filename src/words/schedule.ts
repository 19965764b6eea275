import { DAILY, periodAsText, readCron, type Schedule, usesZone } from '#domain/schedule.ts'
import type { ScheduleInput } from '#domain/schedule-input.ts'
import { zoneLabel } from '#lib/zone.ts'
import { cronInWords } from './cron.ts'

type Rhythm = Pick<Schedule, 'kind' | 'periodMs' | 'expression'>

/** "every day", "every 5 minutes", "Monday to Friday at 18:30" */
export function rhythmInWords({ kind, periodMs, expression }: Rhythm): string {
  switch (kind) {
    case 'period':
      return periodAsText(periodMs)
    case 'cron':
      return cronInWords(readCron(expression))
    case 'on-calendar':
      return `OnCalendar: ${expression.replaceAll('\n', ' and ')}`
  }
}

/** The same with the time zone, where the clock matters: "every day at 03:00 (Europe/Berlin)". */
export function scheduleInWords(schedule: Schedule): string {
  const rhythm = rhythmInWords(schedule)
  return usesZone(schedule) ? `${rhythm} (${zoneLabel(schedule.timeZone)})` : rhythm
}

/** "every Monday at 00:00, because no time is given" */
export function inputInWords(input: ScheduleInput): string {
  const because = becauseInWords(input)
  return `${rhythmInWords({ ...DAILY, ...input })}${because === null ? '' : `, ${because}`}`
}

/** Explains words that say more than the user typed: "because no day or time is given"; null: they do not. */
export function becauseInWords({ unsaid = [] }: ScheduleInput): string | null {
  return unsaid.length === 0 ? null : `because no ${unsaid.join(' or ')} is given`
}
