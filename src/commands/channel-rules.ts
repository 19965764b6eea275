// Options for the rules of a channel.
import type { Command } from 'commander'
import {
  ALL_DAYS,
  CHANNEL_EVENTS,
  type ChannelEvent,
  type ChannelRules,
  type QuietHours,
} from '#domain/channel-rules.ts'
import { AppError } from '#lib/errors.ts'
import { DAY_NAMES } from '#words/channel-rules.ts'
import { readDuration } from './scope.ts'

export interface RuleOptions {
  events?: string
  delay?: string
  quietHours?: string
  quietDays?: string
  weeklyTest?: string
  tz?: string
}

export function addRuleOptions(command: Command): Command {
  return command
    .option('--events <list>', `what it notifies of, separated by commas: ${CHANNEL_EVENTS.join(', ')}; or "none"`)
    .option('--delay <duration>', 'notify only if no one acknowledges an incident for so long, such as "30m"; or "0"')
    .option('--quiet-hours <times>', 'hold notifications during these hours, such as "22:00-07:00"; or "none"')
    .option('--quiet-days <days>', 'the days on which quiet hours begin, such as "mon,tue" (default: all)')
    .option('--weekly-test <yes|no>', 'send a test every week')
    .option('--tz <zone>', "the time zone of quiet hours (default: the member's)")
}

/** The rules that the options change. `zone` is for quiet hours without one. Throws invalid. */
export function readRules(options: RuleOptions, zone: string): Partial<ChannelRules> {
  const { events, delay, quietHours, quietDays, weeklyTest, tz } = options
  if (quietHours === undefined && (quietDays !== undefined || tz !== undefined)) {
    throw new AppError('invalid', '--quiet-days and --tz need --quiet-hours.')
  }
  return {
    ...(events !== undefined && { events: readEvents(events) }),
    ...(delay !== undefined && { delayMs: delay === '0' ? 0 : readDuration('--delay', delay) }),
    ...(weeklyTest !== undefined && { drills: readYesNo(weeklyTest) }),
    ...(quietHours !== undefined && { quietHours: readQuietHours(quietHours, { quietDays, zone: tz ?? zone }) }),
  }
}

function readYesNo(text: string): boolean {
  if (text === 'yes' || text === 'no') return text === 'yes'
  throw new AppError('invalid', '--weekly-test takes yes or no.')
}

function readEvents(text: string): ChannelEvent[] {
  const names = listed(text)
  const unknown = names.find((name) => !CHANNEL_EVENTS.some((event) => event === name))
  if (text === 'none') return []
  if (unknown !== undefined) {
    throw new AppError('invalid', `--events has an unknown event: ${unknown}. Use ${CHANNEL_EVENTS.join(', ')}.`)
  }
  return CHANNEL_EVENTS.filter((event) => names.includes(event))
}

function readQuietHours(
  text: string,
  { quietDays, zone }: { quietDays: string | undefined; zone: string },
): QuietHours | null {
  if (text === 'none') return null
  const [from = '', to = '', ...more] = text.split('-').map((part) => part.trim())
  if (to === '' || more.length > 0) throw new AppError('invalid', '--quiet-hours needs two times, such as 22:00-07:00.')
  return { from, to, days: quietDays === undefined ? [...ALL_DAYS] : listed(quietDays).map(readDay), tz: zone }
}

function readDay(name: string): number {
  const day = DAY_NAMES.findIndex((known) => known.toLowerCase() === name) + 1
  if (day > 0) return day
  throw new AppError('invalid', `--quiet-days has an unknown day: ${name}. Use ${DAY_NAMES.join(', ').toLowerCase()}.`)
}

function listed(text: string): string[] {
  return text.split(',').map((name) => name.trim().toLowerCase())
}
