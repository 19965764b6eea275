export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY

const UNITS: [name: string, ms: number][] = [
  ['week', WEEK],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
]

/** A duration with its two largest units: "2 minutes 5 seconds", "1 day", "0 seconds". */
export function durationInWords(ms: number): string {
  const first = UNITS.findIndex(([, unitMs]) => ms >= unitMs)
  if (first === -1) return '0 seconds'
  const words: string[] = []
  let restMs = ms
  for (const [name, unitMs] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(restMs / unitMs)
    restMs -= count * unitMs
    if (count > 0) words.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return words.join(' ')
}

/** As `durationInWords`, but more precise below 10 seconds: "250 milliseconds", "2.5 seconds". */
export function lengthInWords(ms: number): string {
  if (ms <= 0 || ms >= 10 * SECOND) return durationInWords(Math.max(0, ms))
  const [count, unit] = ms < SECOND ? [ms, 'millisecond'] : [Number((ms / SECOND).toFixed(1)), 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const SHORT_UNITS: [name: string, ms: number][] = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
]

/** For tables, with the two largest units: "3 d 04 h", "1 h 02 m", "15 m 37 s", "41 s", "2.5 s", "250 ms". */
export function shortDuration(ms: number): string {
  if (ms > 0 && ms < SECOND) return `${ms} ms`
  if (ms > 0 && ms < 10 * SECOND) return `${Number((ms / SECOND).toFixed(1))} s`
  const first = SHORT_UNITS.findIndex(([, unitMs]) => ms >= unitMs)
  if (first === -1) return '0 s'
  const [[largest, largestMs] = ['s', SECOND], second] = SHORT_UNITS.slice(first, first + 2)
  const count = `${Math.floor(ms / largestMs)} ${largest}`
  const rest = second === undefined ? 0 : Math.floor((ms % largestMs) / second[1])
  return rest === 0 ? count : `${count} ${String(rest).padStart(2, '0')} ${second?.[0]}`
}

/** "2026-11-23 09:37:41 UTC" */
export function momentInWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
