// Who acknowledged an incident.
import type { Acknowledgment } from '#domain/incident.ts'

/** "Ada", "email to ops@example.org", "channel “Ops Slack”"; null for an API key or a deleted account. */
export function acknowledgerInWords({ by, via }: Acknowledgment): string | null {
  if (via === null) return by
  return via.address === null ? `channel “${via.channel}”` : `email to ${via.address}`
}

/** "by Ada", "via the email to ops@example.org", "via the channel “Ops Slack”" */
export function acknowledgedHow(acknowledgment: Acknowledgment): { how: 'by' | 'via the'; who: string } {
  const who = acknowledgerInWords(acknowledgment)
  if (who === null) return { how: 'via the', who: 'API, or by a deleted account' }
  return { how: acknowledgment.via === null ? 'by' : 'via the', who }
}
