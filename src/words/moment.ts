// How far a moment is from now, with its largest unit.
import { durationInWords, SECOND } from '#lib/duration.ts'

const JUST_NOW_MS = 5 * SECOND

/** "5 minutes ago", "just now" */
export function agoInWords(at: number, now: number): string {
  return now - at < JUST_NOW_MS ? 'just now' : `${lastingInWords(now - at)} ago`
}

/** "in 5 minutes", "2 minutes overdue" */
export function dueInWords(at: number, now: number): string {
  if (Math.abs(at - now) < SECOND) return 'due now'
  return at > now ? `in ${lastingInWords(at - now)}` : `${lastingInWords(now - at)} overdue`
}

/** "5 minutes". @NOTE assets/app.js counts on in the same words. */
export function lastingInWords(ms: number): string {
  return ms < SECOND ? 'a moment' : durationInWords(ms).split(' ').slice(0, 2).join(' ')
}
