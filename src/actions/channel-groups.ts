// Groups of channels: a notification to a group becomes one delivery for each member.
import { channelTitle, findKind, skipReasonOf } from '#channels/index.ts'
import type { ChannelKind } from '#channels/kind.ts'
import type { Channel } from '#domain/channel.ts'
import { wants } from '#domain/channel-rules.ts'
import { DETAIL_MAX, type Outcome } from '#domain/delivery.ts'
import type { Hold } from '#domain/hold.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Notification } from '#domain/notification.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { insertGroupDelivery } from '#store/channel-groups.ts'
import { listChannels, saveChannel } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { insertDelivery, skipDelivery } from '#store/deliveries.ts'
import { holdOf } from './holds.ts'
import { runsPrograms } from './program-channels.ts'

export function isGroup({ kind }: Pick<Channel, 'kind'>): boolean {
  return findKind(kind)?.members !== undefined
}

/** The members of a group, in the order of the project's channels. Only itself for another channel. */
export function membersOf(reader: Reader, channel: Channel): Channel[] {
  if (!isGroup(channel)) return [channel]
  const ids = memberIdsOf(channel)
  return listChannels(reader, channel.projectId).filter((one) => ids.includes(one.id) && mayBeMember(one))
}

/** The kind with the channels of the project as options, if it is for groups. */
export function withMemberOptions(
  reader: Reader,
  { kind, projectId }: { kind: ChannelKind; projectId: string },
): ChannelKind {
  if (!kind.members) return kind
  const options = possibleMembers(reader, projectId).map((one) => ({ value: one.id, label: channelTitle(one) }))
  return { ...kind, fields: kind.fields.map((field) => (field.type === 'channels' ? { ...field, options } : field)) }
}

function possibleMembers(reader: Reader, projectId: string): Channel[] {
  return listChannels(reader, projectId).filter(mayBeMember)
}

// Anyone who may operate the project tests a group, but not a program.
function mayBeMember(channel: Channel): boolean {
  return !isGroup(channel) && !runsPrograms(channel.kind)
}

/** Throws invalid unless all members are channels of the project. A group in a group could contain itself. */
export function requireMembers(reader: Reader, channel: Pick<Channel, 'kind' | 'projectId' | 'settings'>): void {
  const own = possibleMembers(reader, channel.projectId).map(({ id }) => id)
  if (memberIdsOf(channel).every((id) => own.includes(id))) return
  const text = "Choose channels of this project. Groups can't contain groups."
  const field = findKind(channel.kind)?.fields.find(({ type }) => type === 'channels')?.name ?? ''
  throw new AppError('invalid', `${field}: ${text}`, { [field]: text })
}

/** Whether a channel gets a notification. `used` is the channel of the monitor: a group of it, or itself. */
export type Audience = (channel: Channel, used: Channel) => boolean

/**
 * Inserts a delivery for each enabled channel, and for the enabled members of groups. Each gets only one. `isFor` and
 * the events of the channels leave some of them out.
 */
export function insertDeliveries(
  tx: Tx,
  {
    channels,
    monitor,
    notification,
    hold = null,
    isFor = () => true,
    ...about
  }: {
    channels: readonly Channel[]
    notification: Notification
    notificationId: number
    /** Null for a notification about the project or the server itself. */
    monitor: Pick<Monitor, 'id' | 'isUrgent' | 'tags' | 'projectId'> | null
    /** What holds it in every channel. */
    hold?: Hold | null
    isFor?: Audience
  },
): void {
  const inserted = new Map<string, string>()
  for (const used of channels.filter(isEnabled)) {
    const gets = (one: Channel) =>
      isEnabled(one) && [used, one].every(({ rules }) => wants(rules, notification)) && isFor(one, used)
    for (const channel of membersOf(tx, used).filter(gets)) {
      const id = inserted.get(channel.id) ?? newUuid()
      if (!inserted.has(channel.id)) {
        const held = holdOf(tx, { channel, used, monitor, notification, hold })
        if (held === 'left-out') continue
        queueDelivery(tx, { ...about, monitorId: monitor?.id ?? null, id, channel, notification, hold: held })
      }
      inserted.set(channel.id, id)
      if (isGroup(used)) insertGroupDelivery(tx, { groupId: used.id, deliveryId: id })
    }
  }
}

/** Whether its service keeps an incident by a key, until the recovery closes it. */
export function keepsIncidents({ kind }: Pick<Channel, 'kind'>): boolean {
  return findKind(kind)?.isPerIncident === true
}

interface NewDelivery {
  id: string
  channel: Channel
  notification: Notification
  notificationId: number
  monitorId: number | null
  /** Null to send it at once. */
  hold: Hold | null
}

/** Inserts a delivery. Returns whether it will be sent; if the channel's settings suppress it, it is settled. */
export function queueDelivery(tx: Tx, { notification, ...delivery }: NewDelivery): boolean {
  const { id, channel } = delivery
  insertDelivery(tx, delivery)
  const detail = skipReasonOf(channel, notification)
  if (detail !== null) skipDelivery(tx, { id, detail })
  return detail === null
}

/** The outcome of a test of these members. */
export function groupOutcome(tested: readonly { one: Channel; outcome: Outcome }[]): Outcome {
  const missed = tested.filter(({ outcome }) => outcome.result !== 'sent')
  const detail = `${tested.length - missed.length} of ${tested.length} delivered`
  const [first] = missed
  if (first) {
    const reason = first.outcome.result === 'failed' ? first.outcome.reason : 'settings'
    const text = `${detail}. ${channelTitle(first.one)}: ${first.outcome.detail}`
    return { result: 'failed', reason, detail: text.slice(0, DETAIL_MAX), isPermanent: false }
  }
  if (tested.length > 0) return { result: 'sent', detail }
  return { result: 'failed', reason: 'settings', detail: 'No channel of this group is enabled', isPermanent: true }
}

/** Removes a channel from the groups of its project. A group may be left without members. */
export function removeFromGroups(tx: Tx, { id, projectId }: Channel): void {
  for (const channel of listChannels(tx, projectId)) {
    const ids = memberIdsOf(channel)
    if (!ids.includes(id)) continue
    const field = findKind(channel.kind)?.fields.find(({ type }) => type === 'channels')?.name ?? ''
    const settings = { ...(channel.settings as object), [field]: ids.filter((one) => one !== id).join(',') }
    saveChannel(tx, { ...channel, settings })
  }
}

function memberIdsOf({ kind, settings }: Pick<Channel, 'kind' | 'settings'>): readonly string[] {
  const found = findKind(kind)
  if (!found?.members) return []
  const read = found.settings.safeParse(settings)
  return read.success ? found.members(read.data) : []
}

function isEnabled({ disabledAt }: Channel): boolean {
  return disabledAt === null
}
