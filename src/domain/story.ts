// "Why this alert?": one incident, what led to it, and the fate of every message about it.
import { type Attempt, type DeliveryState, isSettled } from './delivery.ts'
import type { Incident } from './incident.ts'
import type { TransitionReason } from './lifecycle.ts'
import type { MonitorNotification } from './notification.ts'
import type { PingKind } from './ping.ts'

export interface Story {
  incident: Incident
  monitor: { uniqueKey: string; name: string; slug: string }
  opening: Chapter
  /** Null while the incident is open. */
  closing: Chapter | null
  /** The newest ping before it went down that says how a run went; null: there was none, or it is no longer kept. */
  lastPing: StoryPing | null
}

/** One transition, and what was said about it. */
export interface Chapter {
  at: number
  reason: TransitionReason
  /** Null when nobody had to be told. */
  notification: MonitorNotification | null
  /** In the order in which they were made. */
  deliveries: StoryDelivery[]
}

export interface StoryDelivery {
  id: string
  channelId: string | null
  channelName: string
  /** What kind of channel it is, as people call it. */
  kind: string
  /** Whether it can be told anything now: it was neither deleted nor switched off. */
  isReachable: boolean
  /** Whether a person sent the message again. */
  isRepeat: boolean
  state: DeliveryState
  /** Oldest first. */
  attempts: Attempt[]
  createdAt: number
  nextAttemptAt: number | null
}

export interface StoryPing {
  number: number
  kind: PingKind
  at: number
  exitStatus: number | null
}

/** What was expected of the job and did not come; null when the job said itself that it failed. */
export interface Expectation {
  /** When the ping was due, or when the run started that did not end. */
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
