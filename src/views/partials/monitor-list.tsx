import {
  isFiltered,
  type ListedMonitor,
  type ListFilter,
  SHOWN_STATUSES,
  type StatusCounts,
} from '#domain/monitor-list.ts'
import type { ShownStatus } from '#domain/status.ts'
import { url } from '#lib/base-path.ts'
import type { Reading } from '#views/components/moment.tsx'
import { STATUS_WORDS, StatusShape } from '#views/components/status.tsx'
import { MonitorRow } from './monitor-row.tsx'

export interface MonitorListProps {
  projectId: string
  /** The monitors to show, in order. */
  monitors: ListedMonitor[]
  /** Counts of all monitors that match the search and the tag. */
  counts: StatusCounts
  filter: ListFilter
  reading: Reading
}

/** The counts and the list of monitors. A partial that replaces itself. */
export function MonitorList({ projectId, monitors, counts, filter, reading }: MonitorListProps) {
  return (
    <section
      id="monitors"
      class="monitor-list"
      aria-label="Monitors"
      data-filtered={isFiltered(filter) ? 'true' : undefined}
      hx-get={url(`/projects/${projectId}/monitors/list${filterQuery(filter)}`)}
      hx-trigger="refresh"
      hx-swap="outerMorph"
    >
      <Counts projectId={projectId} counts={counts} filter={filter} />
      {monitors.length === 0 ? (
        <p class="soft">
          No monitors match. <a href={url(`/projects/${projectId}`)}>Show all</a>
        </p>
      ) : (
        <>
          <Headings projectId={projectId} filter={filter} />
          <ul class="monitors">
            {monitors.map((monitor) => (
              <MonitorRow monitor={monitor} reading={reading} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

/** "?q=…&status=…": the filter as a query string; empty if nothing is filtered. */
export function filterQuery({ text, status, tag, order }: ListFilter): string {
  const query = new URLSearchParams()
  if (text !== '') query.set('q', text)
  if (status !== null) query.set('status', status)
  if (tag !== '') query.set('tag', tag)
  if (order !== 'worst') query.set('sort', order)
  return query.size === 0 ? '' : `?${query}`
}

interface CountsProps {
  projectId: string
  counts: StatusCounts
  filter: ListFilter
}

function Counts({ projectId, counts, filter }: CountsProps) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const href = (status: ShownStatus | null) => url(`/projects/${projectId}${filterQuery({ ...filter, status })}`)
  return (
    <nav class="counts" aria-label="Monitors by status">
      <a class="count" href={href(null)} aria-current={filter.status === null ? 'true' : undefined}>
        <b data-count="all">{all}</b> All
      </a>
      {SHOWN_STATUSES.map((status) => (
        <a
          class={`count count-${status}`}
          href={href(status)}
          aria-current={filter.status === status ? 'true' : undefined}
          data-empty={counts[status] === 0 ? 'true' : undefined}
        >
          <StatusShape status={status} />
          <b data-count={status}>{counts[status]}</b> {STATUS_WORDS[status]}
        </a>
      ))}
    </nav>
  )
}

function Headings({ projectId, filter }: { projectId: string; filter: ListFilter }) {
  const heading = (label: string, order: ListFilter['order']) => (
    <a
      href={url(`/projects/${projectId}${filterQuery({ ...filter, order })}`)}
      aria-current={filter.order === order ? 'true' : undefined}
    >
      {label}
    </a>
  )
  return (
    <div class="monitor-headings">
      {heading('Status', 'worst')}
      {heading('Name', 'name')}
      <span>Schedule</span>
      {heading('Last ping', 'last-ping')}
      {heading('Next ping', 'due')}
      <span>Last runs</span>
    </div>
  )
}
