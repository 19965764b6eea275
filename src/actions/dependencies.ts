// A monitor can depend on another one, such as that of its host. While that is down, its own notifications are held.
import type { Deps } from '#deps.ts'
import { type Hold, OPEN_END } from '#domain/hold.ts'
import { type Monitor, shownName } from '#domain/monitor.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader, Tx } from '#store/database.ts'
import { endHold, listHeldMonitors } from '#store/held.ts'
import { findLastRecovery } from '#store/incidents.ts'
import { findMonitorById, findMonitorByUniqueKey, listMonitors } from '#store/monitors.ts'
import { muteOf } from './mutes.ts'

type Dependent = Pick<Monitor, 'projectId' | 'dependsOn'>

/** The monitor that it depends on; null if there is none, or if that was deleted. */
export function parentOf(reader: Reader, { projectId, dependsOn }: Dependent): Monitor | null {
  return dependsOn === '' ? null : findMonitorByUniqueKey(reader, { projectId, uniqueKey: dependsOn })
}

/**
 * The unique key of the monitor that is meant by its name, slug or a key; empty for none. Throws invalid if there is no
 * such monitor, or if it depends on `monitor` itself, which is null for a new one.
 */
export function readParent(
  reader: Reader,
  { projectId, monitor, meant }: { projectId: string; monitor: Monitor | null; meant: string },
): string {
  if (meant === '' || meant === monitor?.dependsOn) return meant
  const [found, another] = listMonitors(reader, projectId).filter(({ name, slug, pingKey, uniqueKey }) =>
    [name, slug, pingKey, uniqueKey].includes(meant),
  )
  if (found === undefined) throw invalid('No monitor of this project has this name, slug or key.')
  if (another) throw invalid('Several monitors have this name. Use the slug or a key.')
  for (let parent: Monitor | null = found, depth = 0; parent !== null; parent = parentOf(reader, parent), depth += 1) {
    if (parent.id === monitor?.id || depth > DEPTH_MAX)
      throw invalid('Monitors cannot depend on each other in a circle.')
  }
  return found.uniqueKey
}

const DEPTH_MAX = 100

function invalid(text: string): AppError {
  return new AppError('invalid', `depends_on: ${text}`, { dependsOn: text })
}

/** What people enter for it: the name, or a key if several monitors have that. */
export function parentAsInput(reader: Reader, monitor: Dependent): string {
  const parent = parentOf(reader, monitor)
  if (parent === null) return ''
  const isUnique = listMonitors(reader, monitor.projectId).filter(({ name }) => name === parent.name).length === 1
  return isUnique && parent.name !== '' ? parent.name : parent.uniqueKey
}

/** The monitor that it depends on, for its page. */
export function parentView(reader: Reader, monitor: Dependent): { uniqueKey: string; name: string } | null {
  const parent = parentOf(reader, monitor)
  return parent && { uniqueKey: parent.uniqueKey, name: shownName(parent) }
}

/**
 * What holds the notification that a monitor is down: the one that it depends on is down, or recovered so recently that
 * this one hasn't had a grace period since. One that is muted or paused holds nothing.
 */
export function dependencyHold(tx: Tx, monitor: Dependent & Pick<Monitor, 'graceMs'>): Hold | null {
  const parent = parentOf(tx, monitor)
  if (parent === null || muteOf(tx, { monitor: parent, now: tx.now }) !== null) return null
  if (parent.status === 'down') return { until: OPEN_END, reason: 'dependency' }
  const recoveredAt = parent.status === 'up' ? findLastRecovery(tx, parent.id) : null
  const until = recoveredAt === null ? 0 : Math.min(recoveredAt, tx.now) + monitor.graceMs
  return until > tx.now ? { until, reason: 'dependency' } : null
}

/** Sends what is held because of a dependency, when that no longer holds it. */
export async function endDependencies({ db }: Pick<Deps, 'db'>): Promise<void> {
  if (listHeldMonitors(db, { reason: 'dependency', until: OPEN_END }).length === 0) return
  await db.writeGrouped((tx) => {
    for (const monitorId of listHeldMonitors(tx, { reason: 'dependency', until: OPEN_END })) {
      const monitor = findMonitorById(tx, monitorId)
      const until = (monitor && dependencyHold(tx, monitor)?.until) ?? tx.now
      if (until !== OPEN_END) endHold(tx, { monitorId, reason: 'dependency', until })
    }
  })
}
