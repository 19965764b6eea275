// What belongs to an incident besides itself: what is sent if no one acknowledges it, and others on the same host.
import { channelTitle } from '#channels/index.ts'
import { hostOf } from '#domain/host.ts'
import type { Incident, IncidentSummary } from '#domain/incident.ts'
import { nextReminderAt } from '#domain/reminder.ts'
import { HOUR } from '#lib/duration.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { listIncidentsAround } from '#store/incidents.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import { findMonitorById } from '#store/monitors.ts'
import { findOpenIncident } from '#store/watched-incidents.ts'
import { muteOf } from './mutes.ts'

export interface Surroundings {
  /** What follows unless someone acknowledges the incident, the earliest first. */
  next: readonly { what: 'reminder' | 'escalation'; at: number; channel: string }[]
  /** The host of the monitor, with other incidents there at about the same time. Null without a host. */
  host: { name: string; incidents: readonly IncidentSummary[] } | null
}

const AROUND_MS = HOUR
const SHOWN_MAX = 20

export function surroundingsOf(reader: Reader, { incident, now }: { incident: Incident; now: number }): Surroundings {
  const monitor = findMonitorById(reader, incident.monitorId)
  if (monitor === null) return { next: [], host: null }
  const open = findOpenIncident(reader, incident.id)
  const isWatched = open !== null && !open.isAcknowledged && muteOf(reader, { monitor, now }) === null
  const reminderAt = isWatched ? nextReminderAt(monitor, open) : null
  const steps = isWatched ? listChannelsOfMonitor(reader, monitor.id) : []
  const escalations = steps
    .filter(({ disabledAt, rules }) => disabledAt === null && rules.delayMs > (open?.escalatedMs ?? 0))
    .map((channel) => ({
      what: 'escalation' as const,
      at: (open?.escalatesFrom ?? 0) + channel.rules.delayMs,
      channel: channelTitle(channel),
    }))
  const reminder = reminderAt === null ? [] : [{ what: 'reminder' as const, at: reminderAt, channel: '' }]
  return {
    next: [...reminder, ...escalations].toSorted((a, b) => a.at - b.at),
    host: hostIncidents(reader, { incident, tags: monitor.tags, projectId: monitor.projectId, now }),
  }
}

function hostIncidents(
  reader: Reader,
  { incident, tags, projectId, now }: { incident: Incident; tags: string; projectId: string; now: number },
): Surroundings['host'] {
  const name = hostOf(tags)
  if (name === null) return null
  const monitorIds = listNamesAndTags(reader, projectId)
    .filter((one) => one.id !== incident.monitorId && hostOf(one.tags) === name)
    .map(({ id }) => id)
  const span = { from: incident.openedAt - AROUND_MS, to: (incident.closedAt ?? now) + AROUND_MS }
  return { name, incidents: listIncidentsAround(reader, { monitorIds, ...span, limit: SHOWN_MAX }) }
}
