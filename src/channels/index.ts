import { email } from './email.ts'
import type { ChannelKind } from './kind.ts'
import { webhook } from './webhook.ts'

/** Every kind of channel, in the order in which people are offered them. */
export const CHANNEL_KINDS: readonly ChannelKind[] = [withUnknownSettings(email), withUnknownSettings(webhook)]

export function findKind(kind: string): ChannelKind | null {
  return CHANNEL_KINDS.find((candidate) => candidate.kind === kind) ?? null
}

// Settings come out of the database as anything: a kind reads them with its own schema before it uses them.
function withUnknownSettings<Settings>(kind: ChannelKind<Settings>): ChannelKind {
  return {
    ...kind,
    summary: (settings) => kind.summary(kind.settings.parse(settings)),
    send: (settings, message, wires) => kind.send(kind.settings.parse(settings), message, wires),
  }
}
