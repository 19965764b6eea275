// OnCalendar expressions as in systemd.time(7): one or more lines; the earliest match of any line counts.
import { AppError } from '#lib/errors.ts'
import { latestWallTimeAt } from '#lib/zone-time.ts'
import { type CalendarLine, readCalendarLine } from './calendar-line.ts'
import { nextShown } from './wall-pattern.ts'

export interface OnCalendar {
  expression: string
  lines: CalendarLine[]
}

/** The last year in which systemd finds a match. */
const YEAR_MAX = 2199
const YEAR_2000 = Date.UTC(2000, 0, 1)

/** Throws `invalid` with a message that names the line and the part that can't be read. */
export function parseOnCalendar(text: string): OnCalendar {
  const expression = text.trim().replace(/\r\n?/g, '\n')
  const lines = expression.split('\n').filter((line) => line.trim() !== '')
  const onCalendar = { expression, lines: lines.map((line, index) => readNumbered(line, { index, of: lines.length })) }
  if (lines.length === 0) throw new AppError('invalid', 'Enter an OnCalendar expression.')
  if (nextOnCalendar(onCalendar, { after: YEAR_2000, zone: 'UTC' }) === null) {
    throw new AppError('invalid', 'This never runs: that date does not exist.')
  }
  return onCalendar
}

/**
 * The next time strictly after `after`, or null if there is none. A time that daylight saving time skips has no match.
 * A time that occurs twice matches only the first time. A line that names a time zone uses that zone.
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
