import { AppError } from '#lib/errors.ts'
import { nextCron, parseCron } from './cron.ts'
import { nextOnCalendar, parseOnCalendar } from './on-calendar.ts'
import { expressionKind, readSchedule, type ScheduleInput } from './schedule-input.ts'

/** The moments at which pings are expected after `from`, at most `count`: fewer when the schedule ends. */
export function nextTimes(
  schedule: ScheduleInput,
  { from, zone, count }: { from: number; zone: string; count: number },
): number[] {
  const next = nextAfter(schedule, zone)
  const times: number[] = []
  for (let time = next(from); time !== null && times.length < count; time = next(time)) times.push(time)
  return times
}

/**
 * Reads a text as a cron or an OnCalendar expression, as the management API does, and otherwise as a person's words.
 * Throws invalid with a sentence that says where it cannot be read.
 */
export function readExpression(text: string): ScheduleInput {
  try {
    const expression = text.trim()
    const kind = expressionKind(expression)
    if (kind === 'cron') parseCron(expression)
    else parseOnCalendar(expression)
    return { kind, expression, words: expression }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return readSchedule(text)
  }
}

function nextAfter(schedule: ScheduleInput, zone: string): (after: number) => number | null {
  switch (schedule.kind) {
    case 'period':
      return (after) => after + schedule.periodMs
    case 'cron': {
      const cron = parseCron(schedule.expression)
      return (after) => nextCron(cron, { after, zone })
    }
    case 'on-calendar': {
      const onCalendar = parseOnCalendar(schedule.expression)
      return (after) => nextOnCalendar(onCalendar, { after, zone })
    }
  }
}
