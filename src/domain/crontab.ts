// A schedule as the crontab of the job itself would say it.
import { DAY, HOUR, MINUTE, WEEK } from '#lib/duration.ts'
import type { Schedule } from './schedule.ts'

/** Without the last days and the like that only some crons know. */
const ORDINARY_CRON = /^(?!.*(\dL|\bLW?\b))[\dA-Z*/, -]+$/i

/** The five fields that every cron knows; null where it takes more than one line, or another program, to say it. */
export function crontabFields({ kind, expression, periodMs }: Schedule): string | null {
  switch (kind) {
    case 'cron':
      return ORDINARY_CRON.test(expression) ? expression : null
    case 'period':
      return periodFields(periodMs)
    case 'on-calendar':
      return null
  }
}

// A step starts anew with each hour, or day: it is a period only where it divides the whole.
function periodFields(periodMs: number): string | null {
  if (periodMs === WEEK) return '0 3 * * 0'
  if (periodMs === DAY) return '0 3 * * *'
  if (periodMs % HOUR === 0 && DAY % periodMs === 0) return `0 ${everyNth(periodMs / HOUR)} * * *`
  return periodMs % MINUTE === 0 && HOUR % periodMs === 0 ? `${everyNth(periodMs / MINUTE)} * * * *` : null
}

function everyNth(step: number): string {
  return step === 1 ? '*' : `*/${step}`
}
