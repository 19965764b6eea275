// Reads what a notification says besides the status. All reads are bounded, because thousands of monitors may go down
// at once.
import { excerptOf, type KeptBody } from '#domain/body.ts'
import { closesIncident } from '#domain/incident.ts'
import type { Transition } from '#domain/lifecycle.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import type { Circumstances, Excerpt, OthersDown } from '#domain/notification.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { countRuns, RECENT_PINGS_MAX, usualDurationMs } from '#domain/recent-runs.ts'
import { findBody } from '#store/bodies.ts'
import type { Tx } from '#store/database.ts'
import { findIncident, findMissedAt, type IncidentOpening } from '#store/incidents.ts'
import { countOthersDown, listOthersDown } from '#store/monitor-lists.ts'
import { listRecentPings } from '#store/pings.ts'

const NAMES_MAX = 10
const OTHERS_COUNTED_MAX = 100

interface Happening {
  monitor: Monitor
  incident: IncidentOpening
  /** The ping that ended the incident, or the last one before it. */
  lastPing: RecordedPing | null
  transition: Transition
  /** From `Step`. */
  dueAt: number | null
  /** The body of the last ping, if it is not stored. */
  unstored: KeptBody | null
}

export function readCircumstances(tx: Tx, happening: Happening): Circumstances {
  const { monitor, incident, lastPing, transition, unstored } = happening
  const isOver = closesIncident(transition)
  const upTo = lastPing?.number ?? 0
  const pings = listRecentPings(tx, { monitorId: monitor.id, upTo, limit: RECENT_PINGS_MAX })
  const earlier = isOver ? pings.slice(1) : pings
  return {
    projectId: monitor.projectId,
    incidentId: incident.id,
    output: lastPing && readExcerpt(unstored ?? findKept(tx, lastPing), lastPing),
    runs: countRuns({ ...monitor, ...incident, missedAt: readMissedAt(tx, happening), at: transition.at }, pings),
    lastSuccessAt: earlier.find(({ kind }) => kind === 'success')?.at ?? null,
    usualMs: usualDurationMs(earlier),
    othersDown: readOthersDown(tx, monitor),
    acknowledgment: isOver ? (findIncident(tx, incident.id)?.incident.acknowledgment ?? null) : null,
  }
}

/** When the missing ping was expected that opened the incident. */
function readMissedAt(tx: Tx, { incident, transition, dueAt }: Happening): number | null {
  if (closesIncident(transition)) return findMissedAt(tx, incident.openedBy)
  return transition.reason === 'overrun' ? null : dueAt
}

function findKept(tx: Tx, ping: RecordedPing): KeptBody | null {
  return ping.bodySize === 0 ? null : findBody(tx, ping)
}

// An email that was not read yet has no text.
function readExcerpt(kept: KeptBody | null, ping: RecordedPing): Excerpt | null {
  if (kept === null || (ping.scheme === 'email' && kept.reading.mail === null)) return null
  const excerpt = excerptOf(kept)
  return excerpt && { pingNumber: ping.number, ...excerpt }
}

function readOthersDown(tx: Tx, { id, projectId }: Monitor): OthersDown {
  const others = { projectId, exceptId: id }
  const names = listOthersDown(tx, { ...others, limit: NAMES_MAX }).map(shownName)
  if (names.length < NAMES_MAX) return { names, count: names.length, isMore: false }
  const count = countOthersDown(tx, { ...others, limit: OTHERS_COUNTED_MAX })
  return { names, count, isMore: count === OTHERS_COUNTED_MAX }
}
