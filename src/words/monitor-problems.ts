// What a person is asked for instead of a setting that was refused.
import type { SettingKind, SettingProblem } from '#domain/setting.ts'
import { DAY, durationInWords } from '#lib/duration.ts'

export const NO_NAME = 'Enter a name.'

export function slugTaken(free: string): string {
  return `Another monitor in this project has this slug. "${free}" is available.`
}

export function problemInWords(kind: SettingKind, problem: SettingProblem): string {
  switch (problem) {
    case 'too_long':
      return kind.is === 'text' ? `Use at most ${kind.max.toLocaleString('en')} characters.` : 'This is too long.'
    case 'nul':
    case 'control':
      return 'Remove the control characters.'
    case 'too_small':
    case 'too_large':
      return `Enter ${rangeOf(kind)}.`
    case 'not_number':
      return kind.is === 'count' ? `Enter ${rangeOf(kind)}.` : 'Enter a whole number.'
    case 'unknown_value':
      return kind.is === 'choice' ? `Choose ${kind.values.join(', ')}.` : 'Choose a value from the list.'
    case 'not_slug':
      return 'Use only lowercase letters a to z, digits, "-" and "_".'
    case 'not_alias':
      return 'Use 16 to 64 letters (a to z, A to Z), digits, "-" or "_".'
    case 'not_zone':
      return 'Choose a time zone from the list.'
    case 'not_expression':
      return 'Enter a cron or OnCalendar expression.'
    case 'not_text':
      return 'Enter text.'
    case 'not_flag':
      return 'Enter yes or no.'
  }
}

function rangeOf(kind: SettingKind): string {
  if (kind.is === 'count') return `a whole number from ${kind.min} to ${kind.max}`
  if (kind.is !== 'duration') return 'another value'
  return kind.min === 0 ? `at most ${inDays(kind.max)}` : `${inDays(kind.min)} to ${inDays(kind.max)}`
}

// A year is 365 days and not "52 weeks 1 day".
function inDays(ms: number): string {
  return ms > DAY && ms % DAY === 0 ? `${ms / DAY} days` : durationInWords(ms)
}
