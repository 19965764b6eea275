import type { HoldReason } from '#domain/hold.ts'
import type { LateCause, Lateness } from '#domain/lateness.ts'
import { durationInWords } from '#lib/duration.ts'

/** "Sent 3 hours 10 minutes late: CronGuard was offline." */
export function lateInWords({ ms, cause }: Lateness): string {
  const duration = durationInWords(ms)
  if (cause.kind === 'resent') return `Resent manually, ${duration} after the event.`
  return `Sent ${duration} late: ${causeInWords(cause)}`
}

function causeInWords(cause: Exclude<LateCause, { kind: 'resent' }>): string {
  switch (cause.kind) {
    case 'failed':
      return `earlier attempts failed (${cause.detail.replace(/\.$/, '')}).`
    case 'offline':
      return 'CronGuard was offline.'
    case 'held':
      return `held ${holdReasonInWords(cause.reason)}.`
    case 'waiting':
      return 'queued behind earlier messages.'
  }
}

const HOLDS: Record<HoldReason, string> = {
  'quiet-hours': 'for quiet hours',
  grouping: 'to combine it with others',
  dependency: 'because the monitor that it depends on was down',
  flapping: 'because the monitor was flapping',
  'own-link': "because CronGuard's own network connection may have failed",
}

/** What follows "held": "for quiet hours". */
export function holdReasonInWords(reason: HoldReason): string {
  return HOLDS[reason]
}
