import type { Command } from 'commander'
import { nextTimes, readExpression } from '#domain/schedule-times.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { momentInZone } from '#lib/zone.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { inputInWords } from '#words/schedule.ts'
import type { AddCommand, Shell } from './command.ts'

interface NextOptions {
  tz: string
  from?: string
  count: string
  json?: boolean
}

const COUNT_MAX = 1000

export const addSchedule: AddCommand = (program, shell) => {
  const schedule = program.command('schedule').description('preview schedules')
  schedule
    .command('next')
    .description('show the next times of a cron or OnCalendar expression, or of words like "weekdays at 18:30"')
    .argument('<expression>')
    .option('--tz <zone>', 'time zone, like Europe/Riga', 'UTC')
    .option('--from <time>', 'start after this time, like 2026-03-29T00:00:00Z (default: now)')
    .option('--count <n>', 'number of times to show', '5')
    .option('--json', 'print JSON: an array of times in UTC')
    .action((expression: string, options: NextOptions, command: Command) => {
      try {
        showNext(shell, { expression, ...options })
      } catch (error) {
        if (error instanceof AppError) command.error(error.message, { exitCode: 2 })
        throw error
      }
    })
}

function showNext(shell: Shell, { expression, tz, from, count, json }: NextOptions & { expression: string }): void {
  const zone = currentZoneName(tz)
  if (zone === null) throw new AppError('invalid', `"${tz.slice(0, 40)}" is not a time zone.`)
  const schedule = readExpression(expression)
  const times = nextTimes(schedule, { from: readFrom(from), zone, count: readCount(count) })
  const lines = times.map((time) => `${utc(time)}  ${momentInZone(time, zone)} ${zone}`)
  const isAsTyped = schedule.kind !== 'period' && schedule.expression === expression.trim()
  if (json) shell.print(JSON.stringify(times.map(utc)))
  else
    shell.print(
      [
        isAsTyped ? expression.trim() : inputInWords(schedule),
        ...(lines.length === 0 ? ['No more times: the schedule has ended.'] : lines),
      ].join('\n'),
    )
}

function readFrom(from: string | undefined): number {
  if (from === undefined) return systemClock.now()
  const isIso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(from)
  const moment = isIso ? Date.parse(from) : Number.NaN
  if (Number.isNaN(moment))
    throw new AppError('invalid', '--from is not a time. Enter a time like 2026-03-29T00:00:00Z.')
  return moment
}

function readCount(count: string): number {
  const isUsable = /^\d{1,4}$/.test(count) && Number(count) >= 1 && Number(count) <= COUNT_MAX
  if (!isUsable) throw new AppError('invalid', `--count must be a number from 1 to ${COUNT_MAX}.`)
  return Number(count)
}

function utc(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}
