import { DAY } from '#lib/duration.ts'
import type { ChannelRules } from './channel-rules.ts'
import type { DeliveryState, FailureReason } from './delivery.ts'
import { tagList } from './monitor.ts'
import type { Notification } from './notification.ts'
import { limitedLine } from './text.ts'

/** A configured way to notify people. */
export interface Channel {
  id: string
  projectId: string
  /** The kind of channel, as listed in `channels/index.ts`. */
  kind: string
  name: string
  /** As the kind's schema parses them. They may contain secrets. */
  settings: unknown
  /** When a user disabled it; null if it is enabled. */
  disabledAt: number | null
  /** Whether it also notifies when CronGuard itself was offline. */
  notifiesGaps: boolean
  rules: ChannelRules
  scope: ChannelScope
  /** Since when it waits for its reader to confirm the address; null if it doesn't. */
  unconfirmedSince: number | null
  /** When its reader unsubscribed, which disabled it; null if it is enabled, or a user disabled it. */
  unsubscribedAt: number | null
}

/**
 * Which monitors use a channel. It decides whether a new monitor uses the channel, and whether a monitor does
 * after its tags have changed. A monitor's own channels, set through the API, can differ.
 */
export type ChannelScope = { is: 'all' } | { is: 'these' } | { is: 'tag'; tags: readonly string[] }

/** The monitors that a user chooses for a channel. */
export type MonitorChoice = Exclude<ChannelScope, { is: 'these' }> | { is: 'these'; monitorIds: readonly number[] }

export const SCOPES = ['all', 'these', 'tag'] as const satisfies readonly ChannelScope['is'][]

/** `tags` are separated by spaces. */
export function toScope(is: ChannelScope['is'], tags = ''): ChannelScope {
  return is === 'tag' ? { is, tags: [...new Set(tagList(tags))] } : { is }
}

/** The tags of a scope, separated by spaces. */
export function scopeTags(scope: ChannelScope): string {
  return scope.is === 'tag' ? scope.tags.join(' ') : ''
}

/** Whether a channel with this scope covers every monitor with these tags. */
export function covers(scope: ChannelScope, tags: string): boolean {
  switch (scope.is) {
    case 'all':
      return true
    case 'these':
      return false
    case 'tag':
      return tagList(tags).some((tag) => scope.tags.includes(tag))
  }
}

/** The state of a channel. */
export interface ChannelReport {
  channel: Channel
  /** Since when its attempts have failed; null if the last one didn't. */
  failingSince: number | null
  /** When a message was last accepted, or when it was created. */
  provenAt: number
  /** Its last weekly test, and what went wrong; null if it arrived, or if there was none. */
  drill: { at: number; problem: string | null } | null
  /** The number of monitors that use it. */
  monitors: number
  /** The number of pending notifications. */
  waiting: number
  /** Its newest delivery; null if there is none. */
  lastDelivery: {
    state: DeliveryState
    status: Notification['status']
    /** The time of the last attempt. */
    at: number
    reason: FailureReason | null
    detail: string
    /** Null if the notification was about CronGuard itself. */
    monitor: { uniqueKey: string; name: string; slug: string } | null
  } | null
}

/** Without an accepted message for that long, it is unproven. */
export const UNPROVEN_AFTER_MS = 30 * DAY

/** How a notification to a group of channels went. */
export interface GroupDelivery {
  status: Notification['status']
  at: number
  /** The number of members that got a delivery, that received it, and that are still waiting for it. */
  total: number
  sent: number
  unsettled: number
  /** Null if the notification was about CronGuard itself. */
  monitor: { uniqueKey: string; name: string; slug: string } | null
}

/** The detail of a delivery that was discarded because its channel was disabled. */
export const DISABLED = 'The channel was disabled'

export const FIELD_TYPES = [
  'address',
  'url',
  'secret',
  'text',
  'lines',
  'number',
  'choice',
  'flag',
  'channels',
] as const

/** A setting. The form sends all values as text; a ticked flag is "on". */
export interface ChannelField {
  name: string
  label: string
  /** One line, unless the label says enough. */
  help?: string
  /**
   * `secret`: never shown again, which includes URLs that contain a key. `lines`: text with several lines. `channels`:
   * ids of channels, separated by commas.
   */
  type: (typeof FIELD_TYPES)[number]
  isRequired: boolean
  /** Where to find or create the value: a web address, or a path of our own. */
  link?: { label: string; url: string }
  /** The value in the form of a new channel. */
  initial?: string
  /** The values of a choice. */
  options?: readonly { value: string; label: string }[]
  /** Fields with the same section are folded under this title. */
  section?: string
  /** Hides parts of the stored text in forms, and puts them back into what was typed. */
  concealing?: {
    show(stored: string): string
    reveal(typed: string, stored: string): string
    isConcealed(typed: string): boolean
  }
}

/** Groups of kinds, in the order of the form. */
export const KIND_GROUPS = [
  'Email and webhooks',
  'Chat',
  'Push',
  'On-call',
  'Phone',
  'Issues',
  'Automation and groups',
] as const

/** The detail of a delivery that waits until the address of its channel is confirmed. */
export const UNCONFIRMED = 'The address has not been confirmed yet'

/** Settings as a user enters them, by field name. */
export interface SettingsInput {
  given: Readonly<Record<string, string>>
  /** Secrets to remove. */
  removed: readonly string[]
}

export const CHANNEL_NAME_MAX = 100
/** The name appears in emails. */
export const ChannelName = limitedLine(CHANNEL_NAME_MAX)
export const CHANNELS_MAX = 100
export const GROUP_MEMBERS_MAX = 20
