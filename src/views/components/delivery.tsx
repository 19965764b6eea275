import { DISABLED } from '#domain/channel.ts'
import type { Attempt, DeliveryState, FailureReason } from '#domain/delivery.ts'
import { lengthInWords, momentInWords } from '#lib/duration.ts'
import { momentInZone } from '#lib/zone.ts'
import { Icon, type IconName } from './icon.tsx'
import type { Reading } from './moment.tsx'

type Look = 'waiting' | 'good' | 'logged' | 'bad'

const STATES: Record<DeliveryState, { look: Look; icon: IconName; word: string }> = {
  pending: { look: 'waiting', icon: 'clock', word: 'Pending' },
  sending: { look: 'waiting', icon: 'send', word: 'Sending' },
  sent: { look: 'good', icon: 'check', word: 'Sent' },
  logged: { look: 'logged', icon: 'pencil', word: 'Not sent' },
  failed: { look: 'bad', icon: 'cross', word: 'Failed' },
}

const DISCARDED = { ...STATES.failed, word: 'Discarded' }

const REASONS: Record<FailureReason, string> = {
  timeout: 'Timed out',
  refused: 'Connection refused',
  dns: 'Host not found',
  tls: 'TLS error',
  connection: 'Connection lost',
  blocked: 'Address not allowed',
  status: 'Rejected by the receiver',
  auth: 'Authentication failed',
  rejected: 'Rejected permanently',
  settings: 'Invalid channel settings',
  error: 'Internal error',
}

/** The state as shape, word and color. `detail`: the outcome of the last attempt. */
export function DeliveryMark({ state, detail }: { state: DeliveryState; detail?: string | undefined }) {
  const { look, icon, word } = detail === DISABLED ? DISCARDED : STATES[state]
  return (
    <span class={`outcome outcome-${look}`}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

/** The details of these reasons say enough: "Could not resolve host". */
const PLAIN_REASONS: readonly FailureReason[] = ['timeout', 'refused', 'dns', 'tls', 'connection', 'blocked']

/** The outcome of an attempt: the reason in words, and the detail if it adds something. */
export function outcomeText({ reason, detail }: Pick<Attempt, 'reason' | 'detail'>): string {
  if (detail === DISABLED) return 'Channel disabled'
  if (reason === null || (detail !== '' && PLAIN_REASONS.includes(reason))) return detail
  return detail === '' ? REASONS[reason] : `${REASONS[reason]}: ${detail}`
}

interface AttemptsProps {
  /** Oldest first. */
  attempts: Attempt[]
  /** The state of the delivery, which is shown above. */
  state: DeliveryState
  reading: Reading
}

/** All attempts with time, duration and outcome. */
export function Attempts({ attempts, state, reading }: AttemptsProps) {
  if (attempts.length === 0) return null
  const isSaidAbove = attempts.length === 1 && attempts[0]?.result === state
  return (
    <ol class="attempts">
      {attempts.map((attempt) => (
        <li class="attempt">
          {!isSaidAbove && <DeliveryMark state={attempt.result} detail={attempt.detail} />}
          <span class="soft">
            <ExactMoment at={attempt.startedAt} zone={reading.zone} />
            {`, took ${lengthInWords(attempt.finishedAt - attempt.startedAt)}`}
          </span>
          <span class="attempt-detail" dir="auto">
            {outcomeText(attempt)}
          </span>
        </li>
      ))}
    </ol>
  )
}

/** "24 Nov 2026, 06:46:12" in the reader's zone; in UTC when it is pointed at. */
export function ExactMoment({ at, zone }: { at: number; zone: string }) {
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)}>
      {momentInZone(at, zone)}
    </time>
  )
}
