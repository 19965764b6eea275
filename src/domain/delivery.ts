// The outbox's state machine: how often and how long a delivery is tried, and what an outcome makes of it.
import { DAY, HOUR, SECOND } from '#lib/duration.ts'

/** `logged`: a mail that was written to the log because no mail server is configured. */
export const DELIVERY_STATES = ['pending', 'sending', 'sent', 'logged', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** `status`: an answer that means no. `rejected`: the other side will never take it. `error`: a fault of our own. */
export const FAILURE_REASONS = [
  'timeout',
  'refused',
  'dns',
  'tls',
  'connection',
  'blocked',
  'status',
  'auth',
  'rejected',
  'settings',
  'error',
] as const
export type FailureReason = (typeof FAILURE_REASONS)[number]

/** What became of one attempt. `detail` is for people and holds no secret. */
export type Outcome =
  | { result: 'sent'; detail: string }
  | { result: 'logged'; detail: string }
  | { result: 'failed'; reason: FailureReason; detail: string; isPermanent: boolean }

/** One try to send a delivery, as it is remembered. */
export interface Attempt {
  startedAt: number
  finishedAt: number
  result: Outcome['result']
  reason: FailureReason | null
  detail: string
}

export interface Delivery {
  id: string
  /** How often it was tried. */
  attempts: number
  /** No attempt is made then or later. */
  giveUpAt: number
}

export interface Settlement {
  state: DeliveryState
  /** When to try again; null when it is settled for good. */
  nextAttemptAt: number | null
}

/** Longer than any channel may take, so that nobody sends what is still being sent. */
export const LEASE_MS = 60 * SECOND
/** @NOTE More than a mail may take (`lib/mail.ts`), less than the lease. */
export const ATTEMPT_MAX_MS = 45 * SECOND
export const GIVE_UP_AFTER_MS = DAY
/** Twice as often as in that time, whatever a wrong clock has written down. */
const ATTEMPTS_MAX = 64
export const DETAIL_MAX = 200

const BACKOFF_FIRST_MS = 10 * SECOND
const BACKOFF_MAX_MS = HOUR
const JITTER = 0.2

/** Nothing more happens to it. */
export function isSettled(state: DeliveryState): boolean {
  return state !== 'pending' && state !== 'sending'
}

export function settle(delivery: Delivery, outcome: Outcome, now: number): Settlement {
  if (outcome.result !== 'failed') return { state: outcome.result, nextAttemptAt: null }
  const nextAttemptAt = now + backoffMs(delivery)
  if (outcome.isPermanent || nextAttemptAt >= delivery.giveUpAt || delivery.attempts >= ATTEMPTS_MAX)
    return { state: 'failed', nextAttemptAt: null }
  return { state: 'pending', nextAttemptAt }
}

/**
 * The pause after the last attempt: 10 s, doubled each time up to 1 h, then moved by up to a fifth either way so that
 * deliveries that failed together do not come back together. The jitter is drawn from the id and the attempt, which
 * keeps the rule pure.
 */
export function backoffMs({ id, attempts }: Pick<Delivery, 'id' | 'attempts'>): number {
  const doubledMs = BACKOFF_FIRST_MS * 2 ** Math.min(attempts - 1, 20)
  const spread = 1 - JITTER + 2 * JITTER * unitHash(`${id}:${attempts}`)
  return Math.round(Math.min(doubledMs, BACKOFF_MAX_MS) * spread)
}

// FNV-1a, as a number in [0, 1).
function unitHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash / 2 ** 32
}
