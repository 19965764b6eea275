// What a change of a monitor has to do with other changes: of the same host, of the whole server, or of itself before.

import type { Deps } from '#deps.ts'
import {
  CALM_MS,
  CHANGES_MAX,
  CHANGES_SPAN_MS,
  flappingUntil,
  HOLD_MAX_MS,
  HOST_MONITORS_MIN,
  type Hold,
  longestHold,
} from '#domain/hold.ts'
import { hostOf } from '#domain/host.ts'
import type { Transition, TransitionReason } from '#domain/lifecycle.ts'
import type { Monitor } from '#domain/monitor.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Reader, Tx } from '#store/database.ts'
import { countChanges, findFlappingSince, listCalmed, saveFlappingSince } from '#store/flapping.ts'
import { endHold } from '#store/held.ts'
import { hasPingSince, listDeadlinesUntil, listMissing } from '#store/outages.ts'

const MISSING: readonly TransitionReason[] = ['timeout', 'no-ping', 'overrun']
const OWN_LINK_SPAN_MS = 5 * MINUTE
const OWN_LINK_MONITORS_MIN = 5
const HOST_SPAN_MS = MINUTE

export function isMissing({ reason }: Pick<Transition, 'reason'>): boolean {
  return MISSING.includes(reason)
}

export interface Situation {
  /** As in a notification. */
  changes?: number
  isOwnLinkSuspected?: true
  /** Of the monitor's notification, through every channel. */
  hold: Hold | null
}

/** Call it once for each change that people are notified of, after it was recorded. */
export function situationOf(
  tx: Tx,
  { monitor, transition }: { monitor: Pick<Monitor, 'id' | 'graceMs'>; transition: Transition },
): Situation {
  const flapping = flappingOf(tx, monitor.id)
  if (transition.to !== 'down' || !isMissing(transition) || !isOwnLinkSuspected(tx)) return flapping
  const until = tx.now + Math.min(monitor.graceMs, HOLD_MAX_MS['own-link'] ?? 0)
  const hold = longestHold([flapping.hold, { until, reason: 'own-link' }])
  return { ...flapping, isOwnLinkSuspected: true, hold }
}

function flappingOf(tx: Tx, monitorId: number): Situation {
  const since = findFlappingSince(tx, monitorId)
  const until = since === null ? null : flappingUntil(since, tx.now)
  if (until !== null) return { hold: { until, reason: 'flapping' } }
  const span = { monitorId, since: tx.now - CHANGES_SPAN_MS, until: tx.now, limit: 100 }
  const changes = countChanges(tx, span)
  const isFlapping = changes > CHANGES_MAX
  if (isFlapping || since !== null) saveFlappingSince(tx, { monitorId, since: isFlapping ? tx.now : null })
  return { ...(isFlapping && { changes }), hold: null }
}

/** Sends what is held about monitors that were flapping and have been calm for a while. */
export async function endFlapping({ db, clock }: Deps): Promise<void> {
  const since = clock.now() - CALM_MS
  if (listCalmed(db, since).length === 0) return
  await db.writeGrouped((tx) => {
    for (const monitorId of listCalmed(tx, since)) {
      endHold(tx, { monitorId, reason: 'flapping', until: tx.now })
      saveFlappingSince(tx, { monitorId, since: null })
    }
  })
}

/** Whether many monitors of the same host miss their pings in the same minute. */
export function isHostSilent(reader: Reader, { tags, projectId }: Pick<Monitor, 'tags' | 'projectId'>, now: number) {
  const host = hostOf(tags)
  if (host === null) return false
  const outages = [...listMissing(reader, now - HOST_SPAN_MS), ...listDeadlinesUntil(reader, now + HOST_SPAN_MS)]
  const ofHost = outages.filter((one) => one.projectId === projectId && hostOf(one.tags) === host)
  return ofHost.length >= HOST_MONITORS_MIN
}

// Monitors of several hosts or projects rarely stop at once, while no other one pings.
function isOwnLinkSuspected(tx: Tx): boolean {
  const since = tx.now - OWN_LINK_SPAN_MS
  const outages = [...listMissing(tx, since), ...listDeadlinesUntil(tx, tx.now)]
  const projects = new Set(outages.map(({ projectId }) => projectId))
  const hosts = new Set(outages.map(({ tags }) => hostOf(tags)).filter((host) => host !== null))
  const isWidespread = outages.length >= OWN_LINK_MONITORS_MIN && Math.max(projects.size, hosts.size) > 1
  return isWidespread && !hasPingSince(tx, since)
}
