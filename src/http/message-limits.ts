// Limits for messages that users request. Alerts are never limited here.
import { findKind } from '#channels/index.ts'
import { mailboxOf } from '#domain/account.ts'
import type { Channel } from '#domain/channel.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { createLimit, createNetworkLimit, type Limit } from './limits.ts'

export interface MessageLimits {
  /** Emails to an unverified address, no matter who requests them. */
  destinations: Limit
  /** Test messages. */
  tests: Limit<TestAttempt>
  /** Previews of messages, by user. */
  previews: Limit
}

export interface TestAttempt {
  address: string | null
  channel: Pick<Channel, 'id' | 'projectId' | 'kind' | 'settings'>
}

export function createMessageLimits(): MessageLimits {
  const channels = createLimit({ tries: 10, withinMs: HOUR, what: 'attempts with this channel' })
  const projects = createLimit({ tries: 30, withinMs: HOUR, what: 'attempts with channels of this project' })
  const previews = createLimit({ tries: 120, withinMs: MINUTE, what: 'previews' })
  const networks = createNetworkLimit({ tries: 60, withinMs: HOUR })
  const destinations = byDestination(createLimit({ tries: 20, withinMs: HOUR }))
  const take = async ({ address, channel }: TestAttempt): Promise<void> => {
    await channels.take(channel.id)
    await projects.take(channel.projectId)
    await networks.take(address)
    await destinations.take(destinationOf(channel))
  }
  const refund = async ({ address, channel }: TestAttempt): Promise<void> => {
    await channels.refund(channel.id)
    await projects.refund(channel.projectId)
    await networks.refund(address)
    await destinations.refund(destinationOf(channel))
  }
  return { destinations, previews, tests: { take, refund } }
}

function byDestination({ take, refund }: Limit): Limit {
  return { take: (address) => take(mailboxOf(address)), refund: (address) => refund(mailboxOf(address)) }
}

function destinationOf({ kind, settings }: TestAttempt['channel']): string {
  const field = findKind(kind)?.fields.find(({ type }) => type === 'address')
  const address = field && (settings as Record<string, unknown>)[field.name]
  return typeof address === 'string' ? address : JSON.stringify(settings)
}
