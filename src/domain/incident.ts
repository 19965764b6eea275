import { z } from 'zod'
import { withoutInvisible } from '#lib/invisible.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Transition, TransitionReason } from './lifecycle.ts'

/** Who acknowledged an incident, and when. */
export interface Acknowledgment {
  at: number
  /** The user's name; null if the account was deleted, or a program or a link did it. */
  by: string | null
  /** The channel whose message had the link that was used; null if no link was used. */
  via: AcknowledgmentLink | null
}

/** A channel as it was when a link in its message was used. */
export interface AcknowledgmentLink {
  channel: string
  /** The address of its only reader, if it has one. */
  address: string | null
}

/** One outage of a monitor, opened by one transition and closed by another. */
export interface Incident {
  id: string
  monitorId: number
  openedAt: number
  closedAt: number | null
  acknowledgment: Acknowledgment | null
  /** Notes by users. */
  note: string
}

/** An incident as a list shows it. */
export interface IncidentSummary extends Incident {
  /** The transition that opened it. */
  openedBy: number
  monitor: { uniqueKey: string; name: string; slug: string; tags: string }
  reason: TransitionReason
  /** The number of its notifications that failed permanently. */
  failedDeliveries: number
}

/** The place below an incident in a list. The opening transition distinguishes incidents of the same millisecond. */
export interface IncidentPlace {
  openedAt: number
  openedBy: number
}

/** Open incidents are listed above past ones. */
export interface IncidentCursor extends IncidentPlace {
  part: 'open' | 'past'
}

/** Above all incidents. */
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

/** Null if `text` isn't a cursor. */
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
  .refine((text) => text.length <= NOTE_MAX, { error: 'too_long', params: { max: NOTE_MAX } })

/** The fingerprint that the note's form carries. */
export function noteFingerprint(note: string): string {
  return fingerprintOf([['the note', note]])
}

export function opensIncident(transition: Transition): boolean {
  return transition.to === 'down'
}

export function closesIncident(transition: Transition): boolean {
  return transition.from === 'down'
}

/** The duration of the incident, up to `now` if it is open. */
export function incidentMs({ openedAt, closedAt }: Pick<Incident, 'openedAt' | 'closedAt'>, now: number): number {
  return Math.max(0, (closedAt ?? now) - openedAt)
}
