// Schedules for the simulation: each as the text for CronGuard, and as its meaning for the oracle.
import type { Manner, Meaning } from './calendar.ts'
import type { Dice } from './dice.ts'

export interface Expression {
  kind: 'cron' | 'on-calendar'
  text: string
  zone: string
  meaning: Meaning
  manner: Manner
}

/** Zones whose clocks change at unusual times or by unusual amounts, or never. */
export const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/Riga',
  'Europe/London',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Asia/Kathmandu',
] as const

const EVERY: Meaning = {
  seconds: [0],
  minutes: null,
  hours: null,
  months: null,
  dates: null,
  weekdays: null,
  isEither: false,
}
const WORKDAYS = [1, 2, 3, 4, 5]
const WEEKDAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

export function throwExpression(dice: Dice): Expression {
  return dice.chance(0.6) ? throwCron(dice) : throwOnCalendar(dice)
}

interface Draft {
  text: string
  meaning: Partial<Meaning>
  isFixed?: boolean
}

function throwCron(dice: Dice): Expression {
  const { text, meaning, isFixed = false } = dice.one(CRONS)(dice)
  const manner = isFixed ? 'once' : 'clock'
  return { kind: 'cron', text, zone: dice.one(ZONES), meaning: { ...EVERY, ...meaning }, manner }
}

// Often in the hours in which the clocks change.
const nightHour = (dice: Dice) => (dice.chance(0.7) ? dice.whole(0, 4) : dice.whole(0, 23))
const anyMinute = (dice: Dice) => dice.one([0, 0, 5, 15, 29, 30, 45, 59])

const CRONS: ((dice: Dice) => Draft)[] = [
  (dice) => {
    const [minute, hour] = [anyMinute(dice), nightHour(dice)]
    return { text: `${minute} ${hour} * * *`, meaning: { minutes: [minute], hours: [hour] }, isFixed: true }
  },
  (dice) => {
    const [minute, first, second] = [anyMinute(dice), dice.whole(0, 3), dice.whole(4, 23)]
    const meaning = { minutes: [minute], hours: [first, second] }
    return { text: `${minute} ${first},${second} * * *`, meaning, isFixed: true }
  },
  (dice) => {
    const step = dice.one([10, 15, 20, 30])
    return { text: `*/${step} * * * *`, meaning: { minutes: multiples(step, 60) } }
  },
  (dice) => {
    const step = dice.one([2, 3, 6])
    const minute = anyMinute(dice)
    return { text: `${minute} */${step} * * *`, meaning: { minutes: [minute], hours: multiples(step, 24) } }
  },
  (dice) => {
    const minute = anyMinute(dice)
    return { text: `${minute} * * * *`, meaning: { minutes: [minute] } }
  },
  (dice) => {
    const [minute, hour] = [anyMinute(dice), nightHour(dice)]
    const meaning = { minutes: [minute], hours: [hour], weekdays: WORKDAYS }
    return { text: `${minute} ${hour} * * MON-FRI`, meaning, isFixed: true }
  },
  (dice) => {
    const [hour, date] = [nightHour(dice), dice.whole(1, 31)]
    const meaning = { minutes: [0], hours: [hour], dates: [date], weekdays: [0], isEither: true }
    return { text: `0 ${hour} ${date} * 7`, meaning, isFixed: true }
  },
  (dice) => {
    const hour = nightHour(dice)
    return { text: `30 ${hour} L * *`, meaning: { minutes: [30], hours: [hour], dates: [0] }, isFixed: true }
  },
  (dice) => {
    const hour = nightHour(dice)
    return { text: `30 ${hour} LW * *`, meaning: { minutes: [30], hours: [hour], dates: [100] }, isFixed: true }
  },
  (dice) => {
    const [hour, weekday] = [nightHour(dice), dice.whole(0, 6)]
    const meaning = { minutes: [5], hours: [hour], weekdays: [weekday + 10] }
    return { text: `5 ${hour} * * ${weekday}L`, meaning, isFixed: true }
  },
  (dice) => {
    const [hour, weekday, nth] = [nightHour(dice), dice.whole(0, 6), dice.whole(1, 4)]
    const meaning = { minutes: [5], hours: [hour], weekdays: [weekday + 10 * nth + 10] }
    return { text: `5 ${hour} * * ${WEEKDAY_NAMES[weekday]}#${nth}`, meaning, isFixed: true }
  },
]

function throwOnCalendar(dice: Dice): Expression {
  const { text, meaning } = dice.one(ON_CALENDARS)(dice)
  const zone = dice.one(ZONES)
  return { kind: 'on-calendar', text, zone, meaning: { ...EVERY, ...meaning }, manner: 'first' }
}

const ON_CALENDARS: ((dice: Dice) => Draft)[] = [
  (dice) => {
    const [minute, hour] = [anyMinute(dice), nightHour(dice)]
    return { text: `*-*-* ${two(hour)}:${two(minute)}`, meaning: { minutes: [minute], hours: [hour] } }
  },
  (dice) => {
    const minute = anyMinute(dice)
    return { text: `*:${two(minute)}`, meaning: { minutes: [minute] } }
  },
  (dice) => {
    const step = dice.one([5, 10, 20])
    return { text: `*:0/${step}:30`, meaning: { seconds: [30], minutes: multiples(step, 60) } }
  },
  (dice) => {
    const hour = nightHour(dice)
    const meaning = { seconds: [7], minutes: [15], hours: [hour], weekdays: WORKDAYS }
    return { text: `Mon..Fri ${two(hour)}:15:07`, meaning }
  },
  (dice) => {
    const hour = nightHour(dice)
    return { text: `*-*~01 ${two(hour)}:00`, meaning: { minutes: [0], hours: [hour], dates: [0] } }
  },
  (dice) => {
    const hour = nightHour(dice)
    const meaning = { minutes: [0, 20, 40], hours: [hour, 12], weekdays: [0, 6] }
    return { text: `Sat,Sun ${two(hour)},12:00,20,40`, meaning }
  },
]

function multiples(step: number, end: number): number[] {
  return Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
