// Phrases with two common meanings. CronGuard asks which one the user means.
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { periodAsText } from './schedule.ts'
import { ambiguous, listed, ScheduleChoiceError } from './schedule-choice.ts'

/** Throws if the text has two meanings. The message says how to write each of them. */
export function checkAmbiguity(text: string): void {
  const words = text.replace(/\s+/g, ' ')
  checkNumber(words)
  if (!/\bat |@/i.test(words)) checkHours(words)
  for (const check of [checkTwice, checkMonths, checkNthWeekday, checkNthDay, checkTwelve, checkNight]) check(words)
}

/** A number alone means seconds. A small one, or one that looks like a time of day, may mean something else. */
export function checkNumber(text: string): void {
  if (!/^\d+$/.test(text)) return
  const value = Number(text)
  if (value > 0 && value < 60) {
    const lengths = ['seconds', 'minutes', 'hours'].map((unit) => `every ${value} ${unit}`)
    throw ambiguousUnit(text, [...lengths, ...(value < 24 ? [`every day at ${value}:00`] : [])])
  }
  const [, hour = '', minute = ''] = /^([01]\d|2[0-3])([0-5]\d)$/.exec(text) ?? []
  if (hour === '') return
  const time = `every day at ${hour}:${minute}`
  if (value === 0) throw new ScheduleChoiceError(`"${text}" is not a schedule. Write "${time}".`, [time])
  throw ambiguous(text, [periodAsText(value * SECOND), time])
}

function ambiguousUnit(text: string, choices: string[]): ScheduleChoiceError {
  return new ScheduleChoiceError(`"${text}" has no unit. Write ${listed(choices)}.`, choices)
}

/** "21h" and "21h30" can be a time of day or a duration. "1h 30m" and "every 21h" are clear. */
function checkHours(words: string): void {
  const [said = '', hour = '', minute = '00'] = HOURS.exec(words) ?? []
  if (said === '' || Number(hour) > 23) return
  const time = `at ${Number(hour)}:${minute}`
  const length = periodAsText(Number(hour) * HOUR + Number(minute) * MINUTE)
  const isAlone = said.length === words.length
  throw ambiguous(said, isAlone ? [`every day ${time}`, length] : [words.replace(said, time), length])
}

const HOURS = /(?<!(?:every|each|once|and|\d|:|[dwhms])[\s,]*)\b(\d{1,2}) ?h(?:([0-5]\d))?\b(?![\s,]*(?:and )?\d)/i

/** "biweekly": every two weeks, or twice a week. */
function checkTwice(words: string): void {
  const [said = '', unit = ''] = /\bbi-?(week|month)ly\b/i.exec(words) ?? []
  if (said === '') return
  if (/week/i.test(unit)) throw ambiguous(said, ['every 2 weeks', 'twice a week'])
  throw ambiguous(said, ['every 2 months', 'on the 1st and 15th of the month'])
}

/** "5M": minutes, or months as systemd has it. */
function checkMonths(words: string): void {
  const [said = '', count = ''] = /\b(\d+) ?M\b/.exec(words) ?? []
  if (said === '' || !MONTHS_OF_A_RHYTHM.includes(Number(count))) return
  const months = Number(count) === 1 ? 'every month' : `every ${count} months`
  throw ambiguous(said, [periodAsText(Number(count) * MINUTE), months])
}

const MONTHS_OF_A_RHYTHM = [1, 2, 3, 4, 6]

const WEEKDAY = '(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?'
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth']
const NTH = `${ORDINALS.slice(2).join('|')}|[2-5](?:nd|rd|th)`
const OF_MONTH = '(?: (?:of|in) (?:(?:the|every|each|a) )?months?\\b)'

/** "every second Monday": of the month, or of the weeks. */
function checkNthWeekday(words: string): void {
  const [said = '', nth = '', weekday = ''] = NTH_WEEKDAY.exec(words) ?? []
  if (said === '') return
  const isOther = /other|alternat/i.test(nth)
  const ordinal = isOther ? 'first and third' : nth
  const list = ordinal.split(' and ').map((one) => `${one} ${weekday.replace(/s$/i, '')}`)
  const ofMonth = words.replace(said, `${list.join(' and ')} of the month`)
  const weeks = `every ${isOther ? 2 : countOf(nth)} weeks`
  if (!isOther) throw ambiguous(said, [ofMonth, weeks])
  const reason = 'a two-week period cannot start on a given day'
  throw new ScheduleChoiceError(
    `"${said}" is not possible: ${reason}. Write "${weeks}", counted from each ping, or "${ofMonth}".`,
    [weeks, ofMonth],
  )
}

const NTH_WEEKDAY = new RegExp(`\\b(?:every|each) (${NTH}|other|alternat(?:e|ing)) (${WEEKDAY})\\b(?!${OF_MONTH})`, 'i')

/** "every 2nd day": every two days, or the second day of the month. */
function checkNthDay(words: string): void {
  const [said = '', nth = '', ofMonth = ''] = NTH_DAY.exec(words) ?? []
  if (said === '' || countOf(nth) < 2 || (ofMonth === '' && /^second$/i.test(nth))) return
  const count = countOf(nth)
  throw ambiguous(said, [`every ${count} days`, words.replace(said, `on day ${count} of the month`)])
}

const NTH_DAY = new RegExp(`\\b(?:every|each) (${NTH}|\\d{1,2}(?:st|nd|rd|th)) days?\\b(${OF_MONTH})?`, 'i')

function countOf(nth: string): number {
  const named = ORDINALS.indexOf(nth.toLowerCase())
  return named === -1 ? Number.parseInt(nth, 10) : named
}

/** "at 12": noon, or midnight. Not where another hour shows that the clock has 24. */
function checkTwelve(words: string): void {
  const [said = ''] = /(?:\bat |@ ?)12(?::00)?(?: o.clock)?(?![\d:.]| ?[ap]\.?m| ?h\b)/i.exec(words) ?? []
  if (said === '' || (said.includes(':00') && !IS_NIGHT.test(words)) || /\b(?:0|1[3-9]|2[0-3])\b/.test(words)) return
  const words24 = words.replace(IS_NIGHT, 'every day')
  throw ambiguous(
    said,
    ['noon', 'midnight'].map((time) => words24.replace(said, `at ${time}`)),
  )
}

const IS_NIGHT = /\b(?:(?:every|each) night|nightly)\b/i

/** "every night at 11" can mean 23:00, or 11:00 on a 24-hour clock. */
function checkNight(words: string): void {
  const [said = '', hour = '', minute = '00'] = IS_NIGHT.test(words) ? (HOUR_OF_NIGHT.exec(words) ?? []) : []
  if (said === '') return
  const times = [Number(hour) + 12, Number(hour)].map((one) => `every day at ${one}:${minute}`)
  throw ambiguous(words, times)
}

const HOUR_OF_NIGHT = /(?:\bat |@ ?)([5-9]|0[5-9]|1[01])(?::([0-5]\d))?(?: o.clock)?(?![\d:.]| ?[ap]\.?m| ?h\b)/i
