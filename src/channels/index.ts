import type { Channel } from '#domain/channel.ts'
import { email } from './email.ts'
import type { ChannelKind } from './kind.ts'
import { webhook } from './webhook.ts'

/** Every kind of channel, in the order in which people are offered them. */
export const CHANNEL_KINDS: readonly ChannelKind[] = [email, webhook]

export function findKind(kind: string): ChannelKind | null {
  return CHANNEL_KINDS.find((candidate) => candidate.kind === kind) ?? null
}

/** The settings of a channel in a few words that hold no secret. */
export function summaryOf({ kind: name, settings }: Pick<Channel, 'kind' | 'settings'>): string {
  const kind = findKind(name)
  const read = kind?.settings.safeParse(settings)
  return kind && read?.success ? kind.summary(read.data) : 'The settings are not usable'
}

/** How people call a channel: as it was named, or by its kind. */
export function channelTitle({ name, kind }: Pick<Channel, 'name' | 'kind'>): string {
  return name || kindLabel(kind)
}

/** How people call a kind; one that is not known any more keeps its name. */
export function kindLabel(kind: string): string {
  return findKind(kind)?.label ?? kind
}
