// When a recipient is alerted of a problem of the server: after it has lasted a while, and after it is over.
import { z } from 'zod'
import { DAY, MINUTE, SECOND } from '#lib/duration.ts'
import type { AlertCause } from './warnings.ts'

/** When a problem was seen. Short breaks do not end it. */
export interface Sighting {
  since: number
  lastAt: number
}

/** What a recipient was sent about a cause. */
export type SentAlert = z.infer<typeof SentAlert>
export const SentAlert = z.object({
  /** When the problem began. */
  since: z.number(),
  /** When its begin was sent. */
  sentAt: z.number(),
  /** Whether its end is not sent yet. */
  isOpen: z.boolean(),
})

/** By recipient and cause. */
export const SentAlerts = z.record(z.string(), SentAlert)

/** At most one begin about a cause in this time. */
const SILENCE_MS = DAY

/** A problem must last this long, and be over for this long. A disk that refuses writes is urgent. */
function patienceMs(cause: AlertCause): number {
  return cause === 'storage' ? 30 * SECOND : 5 * MINUTE
}

/** The problem is seen now. */
export function sightingOf(cause: AlertCause, { before, now }: { before: Sighting | null; now: number }): Sighting {
  const continues = before !== null && now - before.lastAt < patienceMs(cause)
  // After the clock was set back, the problem begins now.
  return { since: continues ? Math.min(before.since, now) : now, lastAt: now }
}

/** Whether the problem is seen now and has lasted, and was not sent recently. */
export function isBeginDue(
  cause: AlertCause,
  { sighting, sent, now }: { sighting: Sighting; sent: SentAlert | null; now: number },
): boolean {
  if (sighting.lastAt !== now || now - sighting.since < patienceMs(cause)) return false
  if (sent === null) return true
  const isRecent = sent.sentAt <= now && now - sent.sentAt < SILENCE_MS
  return !sent.isOpen && !isRecent
}

/** Whether a problem whose begin was sent has been over for a while. */
export function isEndDue(cause: AlertCause, { lastAt, now }: { lastAt: number; now: number }): boolean {
  return now - lastAt >= patienceMs(cause)
}

/** Whether this no longer prevents another begin, and needs no end. */
export function isForgotten(
  { isOpen, sentAt }: SentAlert,
  { isRecipient, now }: { isRecipient: boolean; now: number },
): boolean {
  return now - sentAt >= SILENCE_MS && !(isOpen && isRecipient)
}
