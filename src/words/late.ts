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
    case 'quiet-hours':
      return 'held for quiet hours.'
    case 'waiting':
      return 'queued behind earlier messages.'
  }
}
