import { durationInWords, momentInWords, SECOND } from '#lib/duration.ts'
import { momentInZone, shortMomentInZone } from '#lib/zone.ts'

/** For whom moments are written: the reader's zone, and the moment at which the page is drawn. */
export interface Reading {
  zone: string
  now: number
}

/** "24 Nov, 06:46" in the reader's zone, to the second where that matters; in UTC when it is pointed at. */
export function Moment({ at, reading, isExact = false }: { at: number; reading: Reading; isExact?: boolean }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)}>
      {isExact ? momentInZone(at, reading.zone) : shortMomentInZone(at, reading)}
    </time>
  )
}

/** "5 minutes" since `at`, counted on by assets/app.js. */
export function Lasting({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="lasting">
      {largestUnit(now - at)}
    </time>
  )
}

/** "5 minutes ago", kept true by assets/app.js; the exact moment in UTC when it is pointed at. */
export function Ago({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="ago">
      {agoInWords(at, now)}
    </time>
  )
}

/** "in 5 minutes" or "2 minutes overdue", counted by assets/app.js; the exact moment in UTC when it is pointed at. */
export function Due({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="due">
      {dueInWords(at, now)}
    </time>
  )
}

export function agoInWords(at: number, now: number): string {
  return now - at < SECOND ? 'just now' : `${largestUnit(now - at)} ago`
}

export function dueInWords(at: number, now: number): string {
  if (Math.abs(at - now) < SECOND) return 'due now'
  return at > now ? `in ${largestUnit(at - now)}` : `${largestUnit(now - at)} overdue`
}

/** @NOTE assets/app.js counts on in the same words. */
function largestUnit(ms: number): string {
  return ms < SECOND ? 'a moment' : (durationInWords(ms).split(', ')[0] ?? '')
}
