// Finds incidents by what people search for.

import type { IncidentPlace, IncidentSummary } from '#domain/incident.ts'
import { type IncidentFilter, matchingMonitors } from '#domain/incident-filter.ts'
import type { Reader } from '#store/database.ts'
import { listIncidents } from '#store/incidents.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'

export interface IncidentSearch extends IncidentPlace {
  projectId: string
  filter: IncidentFilter
  /** Only those of this monitor. */
  monitorId?: number | null
  /** Null for open and closed ones. */
  isOpen: boolean | null
  limit: number
}

/** Newest first, after the given place. */
export function searchIncidents(
  reader: Reader,
  { filter: { text, tag, ...times }, monitorId = null, ...search }: IncidentSearch,
): IncidentSummary[] {
  const matching = monitorId === null ? monitorsOf(reader, { ...search, text, tag }) : [monitorId]
  return listIncidents(reader, { ...search, ...times, monitorIds: matching })
}

function monitorsOf(
  reader: Reader,
  { projectId, ...filter }: { projectId: string } & Pick<IncidentFilter, 'text' | 'tag'>,
): number[] | null {
  if (filter.text === '' && filter.tag === '') return null
  return matchingMonitors(listNamesAndTags(reader, projectId), filter)
}
