import type { DeliveryState, FailureReason } from './delivery.ts'
import type { Notification } from './notification.ts'
import { limitedLine } from './text.ts'

/** One configured way to reach people. */
export interface Channel {
  id: string
  projectId: string
  /** What kind of channel it is; the kinds are listed in `channels/index.ts`. */
  kind: string
  name: string
  /** As the kind's schema reads them. They may hold secrets. */
  settings: unknown
  /** Since when a person has switched it off; null: it tells. */
  disabledAt: number | null
  /** Whether it is told of the stretches in which CronGuard could not watch. */
  tellsBlackouts: boolean
}

/** How a channel does. */
export interface ChannelReport {
  channel: Channel
  /** Since when its attempts fail; null when the last one did not. */
  failingSince: number | null
  /** How many monitors tell it. */
  monitors: number
  /** How many messages wait to be told through it. */
  waiting: number
  /** The newest thing that it tried to tell; null when there was nothing yet. */
  lastDelivery: {
    state: DeliveryState
    status: Notification['status']
    /** When it was last tried. */
    at: number
    reason: FailureReason | null
    detail: string
    /** Null: it was about CronGuard itself. */
    monitor: { uniqueKey: string; name: string; slug: string } | null
  } | null
}

/** What is said of a message that a channel did not tell because a person had switched it off. */
export const DISABLED = 'The channel was switched off'

/** Settings as a person gives them, by the name of the field. */
export interface SettingsInput {
  given: Readonly<Record<string, string>>
  /** Secrets that are to be kept no longer. */
  removed: readonly string[]
}

export const CHANNEL_NAME_MAX = 100
/** It stands in mails. */
export const ChannelName = limitedLine('A name has', CHANNEL_NAME_MAX)
export const CHANNELS_MAX = 100
