import { AppError } from '#lib/errors.ts'
import { parseCron } from './cron.ts'
import { parseOnCalendar } from './on-calendar.ts'
import { DAILY, nextSlots, type Schedule } from './schedule.ts'
import { expressionKind, readSchedule, type ScheduleInput } from './schedule-input.ts'

/** The moments at which pings are expected after `from`, at most `count`: fewer when the schedule ends. */
export function nextTimes(
  input: ScheduleInput,
  { from, zone, count }: { from: number; zone: string; count: number },
): number[] {
  return nextSlots(scheduleOf(input, zone), { after: from, count })
}

/** A schedule as a monitor has it. */
export function scheduleOf({ words: _words, because: _because, ...input }: ScheduleInput, timeZone: string): Schedule {
  return { ...DAILY, timeZone, ...input }
}

/** The kind of an expression that is cron or OnCalendar and nothing else. Throws invalid when it is neither. */
export function readExpressionKind(text: string): 'cron' | 'on-calendar' {
  const kind = expressionKind(text)
  if (kind === 'cron') parseCron(text)
  else parseOnCalendar(text)
  return kind
}

/**
 * Reads a text as a cron or an OnCalendar expression, as the management API does, and otherwise as a person's words.
 * Throws invalid with a sentence that says where it cannot be read.
 */
export function readExpression(text: string): ScheduleInput {
  try {
    const expression = text.trim()
    return { kind: readExpressionKind(expression), expression, words: expression }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return readSchedule(text)
  }
}
