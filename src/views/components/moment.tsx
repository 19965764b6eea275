import { momentInWords } from '#lib/duration.ts'
import { momentInZone, shortMomentInZone } from '#lib/zone.ts'
import { agoInWords, dueInWords, lastingInWords } from '#words/moment.ts'

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
      {lastingInWords(now - at)}
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
