// Whether a message leaves late, and why.
import { MINUTE } from '#lib/duration.ts'
import type { HoldReason } from './hold.ts'

export interface Lateness {
  ms: number
  cause: LateCause
}

export type LateCause =
  | { kind: 'failed'; detail: string }
  | { kind: 'offline' }
  | { kind: 'held'; reason: HoldReason }
  /** Behind earlier messages, or because the destination accepts only so many. */
  | { kind: 'waiting' }
  /** A user sent an old message again. */
  | { kind: 'resent' }

/** The first retries take a few minutes, which no one needs to explain. */
export const LATE_AFTER_MS = 3 * MINUTE

export interface Departure {
  /** When the event happened. */
  at: number
  /** When CronGuard noticed it and stored the notification. */
  notedAt: number
  /** When this delivery of it was queued. */
  queuedAt: number
  /** The detail of the last failed attempt; null if none failed. */
  lastFailure: string | null
  /** Why it was held; null if it wasn't. */
  heldFor: HoldReason | null
  now: number
}

export function latenessOf({ at, notedAt, queuedAt, lastFailure, heldFor, now }: Departure): Lateness | null {
  const ms = now - at
  if (ms < LATE_AFTER_MS) return null
  if (queuedAt > notedAt) return { ms, cause: { kind: 'resent' } }
  // The longer part of the delay explains it.
  if (notedAt - at > now - notedAt) return { ms, cause: { kind: 'offline' } }
  if (heldFor !== null && lastFailure === null) return { ms, cause: { kind: 'held', reason: heldFor } }
  return { ms, cause: lastFailure === null ? { kind: 'waiting' } : { kind: 'failed', detail: lastFailure } }
}
