import { AppError } from '#lib/errors.ts'
import { parseCron } from './cron.ts'
import { parseOnCalendar } from './on-calendar.ts'
import { DAILY, nextSlots, type Schedule } from './schedule.ts'
import { expressionKind, readSchedule, type ScheduleInput } from './schedule-input.ts'

/** The times at which pings are expected after `from`: `count`, or fewer if the schedule ends. */
export function nextTimes(
  input: ScheduleInput,
  { from, zone, count }: { from: number; zone: string; count: number },
): number[] {
  return nextSlots(scheduleOf(input, zone), { after: from, count })
}

/** The schedule of a monitor, from what a person typed and the monitor's time zone. */
export function scheduleOf({ unsaid: _unsaid, ...input }: ScheduleInput, timeZone: string): Schedule {
  return { ...DAILY, timeZone, ...input }
}

/** The kind of an expression that must be cron or OnCalendar. Throws `invalid` if it is neither. */
export function readExpressionKind(text: string): 'cron' | 'on-calendar' {
  const kind = expressionKind(text)
  if (kind === 'cron') parseCron(text)
  else parseOnCalendar(text)
  return kind
}

/**
 * Reads a text as a cron or OnCalendar expression, as the management API does, otherwise as plain words. Throws
 * `invalid` with a message that names the part that can't be read.
 */
export function readExpression(text: string): ScheduleInput {
  try {
    const expression = text.trim()
    return { kind: readExpressionKind(expression), expression }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return readSchedule(text)
  }
}
