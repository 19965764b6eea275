// Which incidents a list shows.
import { DAY } from '#lib/duration.ts'
import { momentOfWallTime } from '#lib/zone-time.ts'
import { type Monitor, tagList } from './monitor.ts'

/** Empty strings and nulls don't filter. */
export interface IncidentFilter {
  /** Words in the monitor's name, slug or tags. */
  text: string
  tag: string
  /** The incident began at this moment or later, and before `until`. */
  since: number | null
  until: number | null
  isAcknowledged: boolean | null
}

export const NO_INCIDENT_FILTER: IncidentFilter = { text: '', tag: '', since: null, until: null, isAcknowledged: null }

/** The IDs of the monitors that match the text and the tag; null for all. */
export function matchingMonitors(
  monitors: readonly Pick<Monitor, 'id' | 'name' | 'slug' | 'tags'>[],
  { text, tag }: Pick<IncidentFilter, 'text' | 'tag'>,
): number[] | null {
  if (text.trim() === '' && tag === '') return null
  const words = text.toLowerCase().split(/\s+/)
  return monitors
    .filter(({ tags }) => tag === '' || tagList(tags).includes(tag))
    .filter(({ name, slug, tags }) => words.every((word) => `${name}\n${slug}\n${tags}`.toLowerCase().includes(word)))
    .map(({ id }) => id)
}

/** The beginning of a day such as "2026-12-24" in a time zone; null for anything else. */
export function startOfDay(text: string | null, zone: string): number | null {
  const wall = /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(wall) ? null : momentOfWallTime(zone, { wall, from: wall - 2 * DAY })
}
