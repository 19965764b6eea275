import { z } from 'zod'
import type { Transition, TransitionReason } from './lifecycle.ts'

/** Somebody has taken the matter in hand. */
export interface Acknowledgement {
  at: number
  /** How he is called; null when his account is gone. */
  by: string | null
}

/** One stretch of being down: opened by one transition and closed by another. */
export interface Incident {
  id: string
  monitorId: number
  openedAt: number
  closedAt: number | null
  acknowledgement: Acknowledgement | null
  /** What people wrote about it. */
  note: string
}

/** What a list of incidents says of each. */
export interface IncidentSummary extends Incident {
  monitor: { uniqueKey: string; name: string; slug: string }
  reason: TransitionReason
  /** How many messages about it could not be delivered at all. */
  failedDeliveries: number
}

export const NOTE_MAX = 2000

export const Note = z.string().trim().max(NOTE_MAX, `A note has at most ${NOTE_MAX} characters.`)

export function opensIncident(transition: Transition): boolean {
  return transition.to === 'down'
}

export function closesIncident(transition: Transition): boolean {
  return transition.from === 'down'
}

/** How long it lasted, or has lasted until `now`. */
export function incidentMs({ openedAt, closedAt }: Pick<Incident, 'openedAt' | 'closedAt'>, now: number): number {
  return Math.max(0, (closedAt ?? now) - openedAt)
}

/** Why a monitor went down, in a few words. */
export function openingInWords(reason: TransitionReason): string {
  if (reason === 'timeout') return 'No ping came in time'
  if (reason === 'overrun') return 'A run did not end in time'
  return 'The job reported a failure'
}

/** How an incident ended, in a few words. */
export function closingInWords(reason: TransitionReason): string {
  return reason === 'pause' ? 'Somebody paused the monitor' : 'The job reported a success'
}
