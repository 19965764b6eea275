// OnCalendar expressions as systemd.time(7) has them: one or more lines, of which the earliest match counts.
import { AppError } from '#lib/errors.ts'
import { latestWallTimeAt } from '#lib/zone-time.ts'
import { type CalendarLine, readCalendarLine } from './calendar-line.ts'
import { nextShown } from './wall-pattern.ts'

export interface OnCalendar {
  expression: string
  lines: CalendarLine[]
}

/** The last year of a match, as systemd has it. */
const YEAR_MAX = 2199
const YEAR_2000 = Date.UTC(2000, 0, 1)

/** Throws an AppError whose sentence says which line and which part of it cannot be read. */
export function parseOnCalendar(text: string): OnCalendar {
  const expression = text.trim().replace(/\r\n?/g, '\n')
  const lines = expression.split('\n').filter((line) => line.trim() !== '')
  const onCalendar = { expression, lines: lines.map((line, index) => readNumbered(line, { index, of: lines.length })) }
  if (lines.length === 0) throw new AppError('invalid', 'An OnCalendar expression is missing.')
  if (nextOnCalendar(onCalendar, { after: YEAR_2000, zone: 'UTC' }) === null) {
    throw new AppError('invalid', 'This would never run: no day of the calendar is on the date that it names.')
  }
  return onCalendar
}

/**
 * The next moment, strictly after `after`, or null when there is none any more. What the clocks leap over is left out,
 * and an hour that they show twice counts once, the first time. A line with a time zone of its own goes by that one.
 */
export function nextOnCalendar({ lines }: OnCalendar, { after, zone }: { after: number; zone: string }): number | null {
  const moments = lines.map((line) => nextOfLine(line, { after, zone: line.zone ?? zone })).filter((at) => at !== null)
  return moments.length === 0 ? null : Math.min(...moments)
}

function nextOfLine(line: CalendarLine, { after, zone }: { after: number; zone: string }): number | null {
  return nextShown(line, { zone, after: latestWallTimeAt(zone, after), from: after, yearMax: YEAR_MAX })
}

function readNumbered(line: string, { index, of }: { index: number; of: number }): CalendarLine {
  if (of === 1) return readCalendarLine(line)
  try {
    return readCalendarLine(line)
  } catch (error) {
    throw error instanceof AppError ? new AppError('invalid', `Line ${index + 1}: ${error.message}`) : error
  }
}
