// Filters and sorts a list of monitors.
import { compareNames } from '#lib/sorting.ts'
import { type Monitor, shownName, tagList } from './monitor.ts'
import { type ShownStatus, shownStatus } from './status.ts'

/** A monitor as a list shows it. */
export type ListedMonitor = Pick<
  Monitor,
  | 'id'
  | 'uniqueKey'
  | 'name'
  | 'slug'
  | 'tags'
  | 'status'
  | 'schedule'
  | 'pingCount'
  | 'lastPingAt'
  | 'openRuns'
  | 'dueAt'
  | 'deadlineAt'
  | 'recentRuns'
>

export const LIST_ORDERS = ['worst', 'name', 'last-ping', 'due'] as const
export type ListOrder = (typeof LIST_ORDERS)[number]

/** A user's filter. Empty strings and nulls don't filter. */
export interface ListFilter {
  text: string
  status: ShownStatus | null
  tag: string
  order: ListOrder
}

export const NO_FILTER: ListFilter = { text: '', status: null, tag: '', order: 'worst' }

/** Worst first. */
export const SHOWN_STATUSES: readonly ShownStatus[] = ['down', 'late', 'up', 'new', 'paused']

export function isFiltered({ text, status, tag, order }: ListFilter): boolean {
  return text !== '' || status !== null || tag !== '' || order !== 'worst'
}

export function selectMonitors(monitors: ListedMonitor[], filter: ListFilter, now: number): ListedMonitor[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return monitors
    .filter((monitor) => filter.status === null || shownStatus(monitor, now) === filter.status)
    .filter((monitor) => filter.tag === '' || tagList(monitor.tags).includes(filter.tag))
    .filter((monitor) => words.length === 0 || containsAll(monitor, words))
    .map((monitor) => ({ monitor, key: orderKey(monitor, filter.order, now) }))
    .sort((a, b) => compareNames(a.key, b.key) || a.monitor.id - b.monitor.id)
    .map(({ monitor }) => monitor)
}

/** A key to compare with `compareNames`. */
export function orderKey(monitor: ListedMonitor, order: ListOrder, now: number): string {
  const name = shownName(monitor).toLowerCase()
  switch (order) {
    case 'worst':
      return `${SHOWN_STATUSES.indexOf(shownStatus(monitor, now))} ${name}`
    case 'name':
      return name
    case 'last-ping':
      return `${numberKey(Number.MAX_SAFE_INTEGER - (monitor.lastPingAt ?? 0))} ${name}`
    case 'due':
      return `${numberKey(monitor.dueAt ?? Number.MAX_SAFE_INTEGER)} ${name}`
  }
}

export type StatusCounts = Record<ShownStatus, number>

export function countByStatus(monitors: Parameters<typeof shownStatus>[0][], now: number): StatusCounts {
  const counts: StatusCounts = { down: 0, late: 0, up: 0, new: 0, paused: 0 }
  for (const monitor of monitors) counts[shownStatus(monitor, now)] += 1
  return counts
}

/** All tags in use, in alphabetical order. */
export function tagsOf(monitors: Pick<Monitor, 'tags'>[]): string[] {
  return [...new Set(monitors.flatMap(({ tags }) => tagList(tags)))].sort(compareNames)
}

function containsAll({ name, slug, tags }: ListedMonitor, words: string[]): boolean {
  const text = `${name} ${slug} ${tags}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

function numberKey(value: number): string {
  return String(value).padStart(16, '0')
}
