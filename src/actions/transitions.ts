// Records every change of a monitor's status, with the incident and the deliveries that follow from it, in the same
// transaction.
import type { KeptBody } from '#domain/body.ts'
import { closesIncident, opensIncident } from '#domain/incident.ts'
import { type Step, shouldNotify, type Transition } from '#domain/lifecycle.ts'
import { composeNotification } from '#domain/notification.ts'
import { newUuid } from '#lib/tokens.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import { closeIncident, type IncidentOpening, insertTransition, openIncident } from '#store/incidents.ts'
import { findMonitorById, saveState } from '#store/monitors.ts'
import { findLastPing } from '#store/pings.ts'
import { findProject } from '#store/projects.ts'
import { insertDeliveries } from './channel-groups.ts'
import { readCircumstances } from './circumstances.ts'

/** `unstored`: the body of the ping that caused the step, if it is not stored. */
export function recordStep(
  tx: Tx,
  { monitor, transition, dueAt = null }: Step,
  unstored: KeptBody | null = null,
): void {
  saveState(tx, monitor)
  if (transition) recordTransition(tx, { monitorId: monitor.id, transition, dueAt, unstored })
}

interface Recorded {
  monitorId: number
  transition: Transition
  dueAt: number | null
  unstored: KeptBody | null
}

function recordTransition(tx: Tx, recorded: Recorded): void {
  const { monitorId, transition } = recorded
  const transitionId = insertTransition(tx, { ...transition, monitorId })
  const at = transition.at
  const closed = closesIncident(transition) ? closeIncident(tx, { monitorId, transitionId, at }) : null
  const opened = opensIncident(transition) ? { id: newUuid(), openedAt: at, openedBy: transitionId } : null
  if (opened) openIncident(tx, { id: opened.id, monitorId, transitionId, at })
  if (shouldNotify(transition)) notify(tx, { ...recorded, transitionId, opened, closed })
}

interface Notified extends Recorded {
  transitionId: number
  opened: IncidentOpening | null
  closed: IncidentOpening | null
}

function notify(tx: Tx, notified: Notified): void {
  const { monitorId, transition, dueAt, unstored, transitionId, opened, closed } = notified
  const monitor = findMonitorById(tx, monitorId)
  if (monitor === null) throw new Error(`Monitor ${monitorId} vanished in its own transaction.`)
  const lastPing = findLastPing(tx, { monitorId, at: transition.at })
  const incident = opened ?? closed
  const notification = composeNotification({
    monitor,
    transition,
    project: findProject(tx, monitor.projectId)?.name ?? '',
    lastPing,
    dueAt,
    downSince: closed?.openedAt ?? null,
    circumstances: incident && readCircumstances(tx, { monitor, transition, incident, lastPing, dueAt, unstored }),
  })
  const notificationId = insertNotification(tx, { transitionId, projectId: monitor.projectId, notification })
  insertDeliveries(tx, { notificationId, notification, monitorId, channels: listChannelsOfMonitor(tx, monitorId) })
}
