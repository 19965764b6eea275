// "Why this alert?": an incident, its cause, and the delivery of each notification.
import { type Attempt, type DeliveryState, isSettled } from './delivery.ts'
import type { HoldReason } from './hold.ts'
import type { Incident } from './incident.ts'
import type { TransitionReason } from './lifecycle.ts'
import type { MonitorNotification } from './notification.ts'
import type { PingKind } from './ping.ts'

export interface Story {
  incident: Incident
  monitor: { uniqueKey: string; name: string; slug: string }
  opening: Chapter
  /** Of an incident that went on: reminders, and what a snooze had muted. The oldest comes first. */
  again: readonly AgainChapter[]
  /** Null while the incident is open. */
  closing: Chapter | null
  /** The newest ping with a result before the monitor went down; null if there is none, or it was deleted. */
  lastPing: StoryPing | null
}

/** A transition and its notification. */
export interface Chapter {
  at: number
  reason: TransitionReason
  /** Null if the transition caused no notification. */
  notification: MonitorNotification | null
  /** In order of creation. */
  deliveries: StoryDelivery[]
}

/** A notification that the incident goes on. */
export interface AgainChapter {
  notification: MonitorNotification
  deliveries: StoryDelivery[]
}

export interface StoryDelivery {
  id: string
  channelId: string | null
  channelName: string
  /** The name of the channel's kind. */
  kind: string
  /** Whether the channel exists and is enabled. */
  isReachable: boolean
  /** Whether a user resent the notification. */
  isRepeat: boolean
  state: DeliveryState
  /** Oldest first. */
  attempts: Attempt[]
  /** What the program said that the channel runs. Only for administrators. */
  output?: string | null
  createdAt: number
  nextAttemptAt: number | null
  /** Why it is held until then; null if it isn't. */
  heldFor: HoldReason | null
}

export interface StoryPing {
  number: number
  kind: PingKind
  at: number
  exitStatus: number | null
}

/** What the last ping before an incident sent, as a page shows it. */
export interface ShownOutput {
  pingNumber: number
  text: string
  isCut: boolean
}

/** What was expected and missing; null if the job reported a failure. */
export interface Expectation {
  /** When the ping was due, or when the unfinished run started. */
  from: number
  graceMs: number
  deadlineAt: number
}

export function expectationOf({ opening: { notification } }: Story): Expectation | null {
  if (notification === null || notification.dueAt === null) return null
  const { dueAt, monitor } = notification
  return { from: dueAt, graceMs: monitor.graceMs, deadlineAt: dueAt + monitor.graceMs }
}

export function maySendAgain({ state, isReachable }: Pick<StoryDelivery, 'state' | 'isReachable'>): boolean {
  return isReachable && isSettled(state)
}
