// Snoozing: some monitors notify no one for some time. What is still down when a snooze ends is reported then.

import type { Deps } from '#deps.ts'
import type { AcknowledgmentLink } from '#domain/incident.ts'
import { type Monitor, tagList } from '#domain/monitor.ts'
import { includes, type MonitorScope } from '#domain/monitor-scope.ts'
import { isActive, SNOOZE_MAX_MS, type Snooze } from '#domain/snooze.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import type { Reader, Tx } from '#store/database.ts'
import { listOpenOfProject, muteIncident } from '#store/incidents.ts'
import { listMonitors } from '#store/monitors.ts'
import { deleteSnooze, findSnooze, insertSnooze, listSnoozes } from '#store/snoozes.ts'

export interface Snoozing {
  projectId: string
  scope: MonitorScope
  /** Null: until the monitor recovers. */
  endsAt: number | null
  /** Null when a program does it, or someone with a link. */
  userId: string | null
  /** Set when someone uses a link in a message. */
  via?: AcknowledgmentLink
}

/** Snoozes monitors, and returns the new snooze. Throws invalid for an end in the past or too far away. */
export function snooze(deps: Deps, { via, ...snoozing }: Snoozing): Snooze {
  const { scope, endsAt } = snoozing
  return deps.db.write((tx) => {
    if (endsAt !== null && endsAt <= tx.now) throw invalidEnd('The end is in the past.')
    if (endsAt !== null && endsAt > tx.now + SNOOZE_MAX_MS) throw invalidEnd('A snooze lasts 31 days at most.')
    if (endsAt === null && scope.is !== 'monitor') throw invalidEnd('Choose when the snooze ends.')
    const id = newUuid()
    insertSnooze(tx, { id, ...snoozing, via: via ?? null })
    const created = findSnooze(tx, id)
    if (created === null) throw new Error('The new snooze was not inserted.')
    for (const { monitor, incidentId } of snoozedMonitors(tx, created)) {
      tx.touch(monitor.id)
      if (incidentId !== null) muteIncident(tx, { id: incidentId, monitorId: monitor.id, by: 'snooze' })
    }
    return created
  })
}

function invalidEnd(text: string): AppError {
  return new AppError('invalid', text, { endsAt: text })
}

/** Ends a snooze early. Throws not_found. */
export function endSnooze(deps: Deps, { projectId, snoozeId }: { projectId: string; snoozeId: string }): void {
  deps.db.write((tx) => {
    const found = findSnooze(tx, snoozeId)
    if (found === null || found.projectId !== projectId) throw new AppError('not_found', 'Snooze not found.')
    deleteSnooze(tx, snoozeId)
    for (const { monitor } of snoozedMonitors(tx, found)) tx.touch(monitor.id)
  })
}

/** The snooze of a monitor that lasts longest; null if there is none. */
export function snoozeOf(
  reader: Reader,
  { monitor, now }: { monitor: Pick<Monitor, 'id' | 'tags' | 'projectId'>; now: number },
): Snooze | null {
  const active = listSnoozes(reader, { projectId: monitor.projectId, now }).filter((one) =>
    includes(one.scope, monitor),
  )
  const endOf = ({ endsAt }: Snooze): number => endsAt ?? Number.POSITIVE_INFINITY
  return active.toSorted((a, b) => endOf(b) - endOf(a))[0] ?? null
}

/** The monitors of a snooze, with their open incidents. */
function snoozedMonitors(tx: Tx, snoozed: Snooze): { monitor: Monitor; incidentId: string | null }[] {
  if (!isActive(snoozed, tx.now)) return []
  const open = listOpenOfProject(tx, snoozed.projectId)
  return listMonitors(tx, snoozed.projectId)
    .filter((monitor) => includes(snoozed.scope, monitor))
    .map((monitor) => ({ monitor, incidentId: open.get(monitor.id) ?? null }))
}

/** Whether a tag is one of the project's, in its spelling. Throws invalid otherwise. */
export function requireTag(reader: Reader, { projectId, tag }: { projectId: string; tag: string }): string {
  const isKnown = listMonitors(reader, projectId).some(({ tags }) => tagList(tags).includes(tag))
  if (isKnown) return tag
  throw new AppError('invalid', `No monitor has the tag “${tag}”.`)
}
