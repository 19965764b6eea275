import type { Channel } from '#domain/channel.ts'
import { email } from './email.ts'
import type { ChannelKind } from './kind.ts'
import { webhook } from './webhook.ts'

/** All kinds of channels, in the order of the form. */
export const CHANNEL_KINDS: readonly ChannelKind[] = [email, webhook]

export function findKind(kind: string): ChannelKind | null {
  return CHANNEL_KINDS.find((candidate) => candidate.kind === kind) ?? null
}

/** A short summary of a channel's settings, without secrets. */
export function summaryOf({ kind: name, settings }: Pick<Channel, 'kind' | 'settings'>): string {
  const kind = findKind(name)
  const read = kind?.settings.safeParse(settings)
  return kind && read?.success ? kind.summary(read.data) : 'Invalid settings'
}

/** The channel's name, or the label of its kind if it has none. */
export function channelTitle({ name, kind }: Pick<Channel, 'name' | 'kind'>): string {
  return name || kindLabel(kind)
}

/** The label of a kind. A kind that is no longer supported is shown by its name. */
export function kindLabel(kind: string): string {
  return findKind(kind)?.label ?? kind
}
