// Why notifications are held, and until when. What is held leaves as one message.
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'

export const HOLD_REASONS = ['quiet-hours', 'grouping', 'dependency', 'flapping', 'own-link'] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

export interface Hold {
  until: number
  reason: HoldReason
}

/** The end of a hold without a known one. */
export const OPEN_END = Date.UTC(9999, 11, 31)

/** The longest that each reason holds a notification; null if it depends on something else than time. */
export const HOLD_MAX_MS: Record<HoldReason, number | null> = {
  'quiet-hours': null,
  grouping: MINUTE,
  dependency: null,
  flapping: HOUR,
  'own-link': 5 * MINUTE,
}

/** The one that ends last. */
export function longestHold(holds: readonly (Hold | null)[]): Hold | null {
  return holds.reduce((latest, hold) => (hold !== null && hold.until > (latest?.until ?? 0) ? hold : latest), null)
}

/** The time in which notifications through a channel wait for each other. */
export interface MessageWindow {
  /** When the first message leaves. */
  firstAt: number
  /** When the message about the others leaves. */
  endsAt: number
}

/** How long the first message waits if many monitors of a host are expected to go down with it. */
const FIRST_WAIT_MS = 15 * SECOND
export const HOST_MONITORS_MIN = 5

export function openWindow(now: number, isHostSilent: boolean): MessageWindow {
  return { firstAt: isHostSilent ? now + FIRST_WAIT_MS : now, endsAt: now + MINUTE }
}

/** Whether it is open. One from a clock that was ahead is not. */
export function isOpen({ endsAt }: MessageWindow, now: number): boolean {
  return endsAt > now && endsAt <= now + MINUTE
}

/** When a notification in the window leaves; null for at once. */
export function leavesAt({ firstAt, endsAt }: MessageWindow, now: number, isFirst: boolean): number | null {
  if (firstAt > now) return firstAt
  return isFirst ? null : endsAt
}

/** With more changes in an hour, a monitor is flapping. */
export const CHANGES_MAX = 6
export const CHANGES_SPAN_MS = HOUR
const FLAPPING_MAX_MS = 3 * HOUR
/** It is calm after that long without a change. */
export const CALM_MS = 30 * MINUTE

/** While a monitor is flapping, its notifications leave once an hour. Null when it has been flapping for too long. */
export function flappingUntil(since: number, now: number): number | null {
  if (now < since || now >= since + FLAPPING_MAX_MS) return null
  return since + Math.floor((now - since) / HOUR + 1) * HOUR
}
