// What a project is notified of that is about none of its monitors.
import type { Gap, GapReason } from './gap.ts'
import { JOB_EVENTS } from './job-event.ts'
import { shownName } from './monitor.ts'

export type Notice = GapNotice | UnsubscribeNotice | MaintenanceNotice | JobNotice

/** CronGuard itself was offline. */
export interface GapNotice {
  status: 'blind'
  /** When CronGuard was back. */
  at: number
  from: number
  reason: GapReason
  isTest: false
  project: string
  projectId: string
  /** How many monitors of the project had their deadline extended, and the names of the first of them. */
  extendedCount: number
  extended: string[]
}

/** The recipient of a channel unsubscribed. */
export interface UnsubscribeNotice {
  status: 'notice'
  at: number
  reason: 'unsubscribed'
  isTest: false
  project: string
  projectId: string
  channel: { id: string; title: string; recipient: string }
}

/** A machine opened a maintenance window with the ping URL of its monitor. */
export interface MaintenanceNotice {
  status: 'notice'
  at: number
  reason: 'maintenance'
  isTest: false
  project: string
  projectId: string
  monitor: { name: string; uniqueKey: string }
  until: number
  /** The sender's address, if known. */
  address: string | null
}

/** What happened to a job. */
export type JobHappening =
  /** The grace period began. */
  | { reason: 'late'; dueAt: number; graceMs: number }
  /** `since`: when the monitor was created. */
  | { reason: 'never-pinged'; since: number }
  | { reason: 'first-ping' }
  | { reason: 'too-often'; count: number; max: number; spanMs: number }
  | { reason: 'odd-run'; durationMs: number; usualMs: number }

/** Something worth knowing about a job, although its monitor didn't go down or up. */
export type JobNotice = {
  status: 'notice'
  at: number
  isTest: false
  project: string
  projectId: string
  monitor: { name: string; uniqueKey: string }
} & JobHappening

/** Whether it is about a job. */
export function isJobNotice(notice: { reason: string }): notice is JobNotice {
  return JOB_EVENTS.some((event) => event === notice.reason)
}

const NAMES_MAX = 20

export function composeGapNotice({
  gap,
  project,
  monitors,
}: {
  gap: Gap
  project: { id: string; name: string }
  monitors: readonly Parameters<typeof shownName>[0][]
}): GapNotice {
  return {
    status: 'blind',
    at: gap.to,
    from: gap.from,
    reason: gap.reason,
    isTest: false,
    project: project.name,
    projectId: project.id,
    extendedCount: monitors.length,
    extended: monitors.slice(0, NAMES_MAX).map(shownName),
  }
}
