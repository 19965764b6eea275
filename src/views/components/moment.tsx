import { momentInWords } from '#lib/duration.ts'
import { momentInZone, shortMomentInZone } from '#lib/zone.ts'
import { agoInWords, dueInWords, lastingInWords } from '#words/moment.ts'

/** How times are written: the reader's zone, and the time at which the page is rendered. */
export interface Reading {
  zone: string
  now: number
}

/** "24 Nov, 06:46" in the reader's zone, with seconds if `isExact`; in UTC on hover. */
export function Moment({ at, reading, isExact = false }: { at: number; reading: Reading; isExact?: boolean }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)}>
      {isExact ? momentInZone(at, reading.zone) : shortMomentInZone(at, reading)}
    </time>
  )
}

/** "5 minutes" since `at`, updated by assets/app.js. */
export function Lasting({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="lasting">
      {lastingInWords(now - at)}
    </time>
  )
}

/** "5 minutes ago", updated by assets/app.js; the exact time in UTC on hover. */
export function Ago({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="ago">
      {agoInWords(at, now)}
    </time>
  )
}

/** "in 5 minutes" or "2 minutes overdue", updated by assets/app.js; the exact time in UTC on hover. */
export function Due({ at, reading: { now } }: { at: number; reading: Reading }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)} data-clock="due">
      {dueInWords(at, now)}
    </time>
  )
}
