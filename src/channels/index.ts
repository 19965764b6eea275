import { email } from './email.ts'
import type { ChannelKind } from './kind.ts'
import { webhook } from './webhook.ts'

/** Every kind of channel, in the order in which people are offered them. */
export const CHANNEL_KINDS: readonly ChannelKind[] = [email, webhook]

export function findKind(kind: string): ChannelKind | null {
  return CHANNEL_KINDS.find((candidate) => candidate.kind === kind) ?? null
}
