// Writes a schedule as the five fields of a crontab.
import { DAY, HOUR, MINUTE, WEEK } from '#lib/duration.ts'
import type { Schedule } from './schedule.ts'

/** Without L, LW and #, which only some implementations of cron support. */
const ORDINARY_CRON = /^(?!.*(\dL|\bLW?\b))[\dA-Z*/, -]+$/i

/** Five fields that every cron supports; null if the schedule needs several lines or other syntax. */
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

// A step restarts with each hour or day, so it equals a period only if it divides the hour or day evenly.
function periodFields(periodMs: number): string | null {
  if (periodMs === WEEK) return '0 3 * * 0'
  if (periodMs === DAY) return '0 3 * * *'
  if (periodMs % HOUR === 0 && DAY % periodMs === 0) return `0 ${everyNth(periodMs / HOUR)} * * *`
  return periodMs % MINUTE === 0 && HOUR % periodMs === 0 ? `${everyNth(periodMs / MINUTE)} * * * *` : null
}

function everyNth(step: number): string {
  return step === 1 ? '*' : `*/${step}`
}
