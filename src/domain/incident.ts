import { z } from 'zod'
import { withoutInvisible } from '#lib/invisible.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Transition, TransitionReason } from './lifecycle.ts'

/** Somebody has taken the matter in hand. */
export interface Acknowledgment {
  at: number
  /** How they are called; null when their account is gone, or a program did it. */
  by: string | null
}

/** One stretch of being down: opened by one transition and closed by another. */
export interface Incident {
  id: string
  monitorId: number
  openedAt: number
  closedAt: number | null
  acknowledgement: Acknowledgment | null
  /** What people wrote about it. */
  note: string
}

/** What a list of incidents says of each. */
export interface IncidentSummary extends Incident {
  /** The transition that opened it. */
  openedBy: number
  monitor: { uniqueKey: string; name: string; slug: string }
  reason: TransitionReason
  /** How many messages about it could not be delivered at all. */
  failedDeliveries: number
}

/** Where a list goes on: below this incident. Those of one moment are told apart by the transition that opened them. */
export interface IncidentPlace {
  openedAt: number
  openedBy: number
}

/** What is open stands above what is past; each part has its own order. */
export interface IncidentCursor extends IncidentPlace {
  part: 'open' | 'past'
}

/** Above everything. */
export const NEWEST_INCIDENTS: IncidentPlace = {
  openedAt: Number.MAX_SAFE_INTEGER,
  openedBy: Number.MAX_SAFE_INTEGER,
}

export function cursorAt({ closedAt, openedAt, openedBy }: IncidentSummary): IncidentCursor {
  return { part: closedAt === null ? 'open' : 'past', openedAt, openedBy }
}

/** "open.1764000000000.7" */
export function writeIncidentCursor({ part, openedAt, openedBy }: IncidentCursor): string {
  return `${part}.${openedAt}.${openedBy}`
}

/** Null for what is none. */
export function readIncidentCursor(text: string | null): IncidentCursor | null {
  const [, part, ...numbers] = /^(open|past)\.(\d{1,16})\.(\d{1,16})$/.exec(text ?? '') ?? []
  const [openedAt = 0, openedBy = 0] = numbers.map(Number)
  if (part === undefined || !Number.isSafeInteger(openedAt) || !Number.isSafeInteger(openedBy)) return null
  return { part: part === 'open' ? 'open' : 'past', openedAt, openedBy }
}

export const NOTE_MAX = 2000

export const Note = z
  .string()
  .transform((text) => withoutInvisible(text).trim())
  .refine((text) => text.length <= NOTE_MAX, `A note has at most ${NOTE_MAX} characters.`)

/** For the form of the note. */
export function noteFingerprint(note: string): string {
  return fingerprintOf([['the note', note]])
}

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
