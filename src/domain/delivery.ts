// The outbox's state machine: how often and for how long a delivery is retried, and what follows from an outcome.
import { DAY, HOUR, SECOND } from '#lib/duration.ts'

/** `logged`: nothing was sent, because of the channel's settings or because no mail server is configured. */
export const DELIVERY_STATES = ['pending', 'sending', 'sent', 'logged', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** `status`: an error status. `rejected`: the receiver will never accept it. `error`: a bug in CronGuard. */
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

/** The outcome of one attempt. `detail` is shown to users and contains no secret. */
export type Outcome = (
  | {
      result: 'sent'
      detail: string
      /** What the service returned to refer to the message later, such as the number of an issue. */
      receipt?: string
      /** Settings that the service corrected, such as the new id of a chat. */
      newSettings?: Readonly<Record<string, unknown>>
    }
  | { result: 'logged'; detail: string }
  | {
      result: 'failed'
      reason: FailureReason
      detail: string
      isPermanent: boolean
      /** Whether the destination is gone permanently: the channel is disabled then. */
      endsChannel?: boolean
      /** How long the receiver asked to wait. */
      retryAfterMs?: number
    }
) & {
  /** What a program said. It may contain secrets. */
  output?: { text: string; isCut: boolean }
}

/** One attempt to send a delivery, as stored. */
export interface Attempt {
  startedAt: number
  finishedAt: number
  result: Outcome['result']
  reason: FailureReason | null
  detail: string
}

export interface Delivery {
  id: string
  /** The number of attempts so far. */
  attempts: number
  /** No attempt starts at or after this time. */
  giveUpAt: number
}

export interface Settlement {
  state: DeliveryState
  /** When to retry; null if the state is final. */
  nextAttemptAt: number | null
}

/** The longest that a receiver may ask to wait. */
export const RETRY_AFTER_MAX_MS = HOUR
/** Longer than any send may take, so that no delivery is claimed twice while it is being sent. */
export const LEASE_MS = 60 * SECOND
/** @NOTE Keep above the timeout of an email (`lib/mail.ts`) and below the lease. */
export const ATTEMPT_MAX_MS = 45 * SECOND
export const GIVE_UP_AFTER_MS = DAY
/** Twice the number that fits in that time. It limits retries if a wrong clock stored a time far in the future. */
const ATTEMPTS_MAX = 64
export const DETAIL_MAX = 200

const BACKOFF_FIRST_MS = 10 * SECOND
const BACKOFF_MAX_MS = HOUR
const JITTER = 0.2

/** Whether the state is final. */
export function isSettled(state: DeliveryState): boolean {
  return state !== 'pending' && state !== 'sending'
}

export function settle(delivery: Delivery, outcome: Outcome, now: number): Settlement {
  if (outcome.result !== 'failed') return { state: outcome.result, nextAttemptAt: null }
  const askedMs = Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS)
  const nextAttemptAt = now + Math.max(backoffMs(delivery), askedMs)
  if (outcome.isPermanent || nextAttemptAt >= delivery.giveUpAt || delivery.attempts >= ATTEMPTS_MAX)
    return { state: 'failed', nextAttemptAt: null }
  return { state: 'pending', nextAttemptAt }
}

/**
 * The pause before the next attempt: 10 s, doubled after each failure up to 1 h, plus or minus up to 20% jitter so that
 * deliveries that failed together don't retry together. The jitter is derived from the id and the attempt, so the
 * function stays pure.
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
