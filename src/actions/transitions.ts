// Records every change of a monitor's status, with the incident and the deliveries that follow from it, in the same
// transaction.
import type { KeptBody } from '#domain/body.ts'
import { longestHold } from '#domain/hold.ts'
import { closesIncident, opensIncident } from '#domain/incident.ts'
import { type Step, shouldNotify, type Transition } from '#domain/lifecycle.ts'
import { composeNotification, type MonitorNotification } from '#domain/notification.ts'
import { newUuid } from '#lib/tokens.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { insertNotification } from '#store/deliveries.ts'
import {
  closeIncident,
  type IncidentOpening,
  insertTransition,
  listNotifiedChannels,
  muteIncident,
  openIncident,
} from '#store/incidents.ts'
import { findMonitorById, saveState } from '#store/monitors.ts'
import { findLastPing } from '#store/pings.ts'
import { findProject } from '#store/projects.ts'
import { deleteSnoozesUntilRecovery } from '#store/snoozes.ts'
import { type Audience, insertDeliveries } from './channel-groups.ts'
import { readCircumstances } from './circumstances.ts'
import { dependencyHold } from './dependencies.ts'
import { muteOf } from './mutes.ts'
import { situationOf } from './outages.ts'

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
  const opened = opensIncident(transition)
    ? { id: newUuid(), openedAt: at, openedBy: transitionId, isMuted: false }
    : null
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
  const muted = opened && muteOf(tx, { monitor, now: tx.now })
  const { hold, ...together } = muted ? { hold: null } : situationOf(tx, { monitor, transition })
  const dependency = transition.to === 'down' ? dependencyHold(tx, monitor) : null
  const notification: MonitorNotification = {
    ...composeNotification({
      monitor,
      transition,
      project: findProject(tx, monitor.projectId)?.name ?? '',
      lastPing,
      dueAt,
      downSince: closed?.openedAt ?? null,
      circumstances: incident && readCircumstances(tx, { monitor, transition, incident, lastPing, dueAt, unstored }),
    }),
    ...(muted && { muted }),
    ...together,
  }
  const notificationId = insertNotification(tx, { transitionId, projectId: monitor.projectId, notification })
  if (closed) deleteSnoozesUntilRecovery(tx, monitorId)
  if (opened && muted) {
    muteIncident(tx, { id: opened.id, monitorId, by: muted.by })
    return
  }
  const channels = listChannelsOfMonitor(tx, monitorId)
  insertDeliveries(tx, {
    notificationId,
    notification,
    monitor,
    channels,
    hold: longestHold([hold, dependency]),
    isFor: audienceOf(tx, closed),
  })
}

/** Of the end of an incident that was muted, and through channels with a delay, those are notified who know of it. */
function audienceOf(tx: Tx, closed: IncidentOpening | null): Audience {
  const notified = closed && listNotifiedChannels(tx, closed.id)
  const isMuted = closed?.isMuted === true
  return ({ id }, { rules }) => (!isMuted && rules.delayMs === 0) || notified?.includes(id) === true
}
