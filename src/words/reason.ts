import type { TransitionReason } from '#domain/lifecycle.ts'

const REASON_WORDS: Record<TransitionReason, string> = {
  timeout: 'No ping received in time',
  'no-ping': 'No ping received since the monitor was resumed',
  overrun: 'The run did not finish in time',
  ping: 'Success reported',
  fail: 'The job reported a failure',
  pause: 'Monitor paused',
  resume: 'Monitor resumed',
}

/** Why a status changed, in a few words. */
export function reasonInWords(reason: TransitionReason): string {
  return REASON_WORDS[reason]
}
