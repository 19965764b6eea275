import { type IncidentCursor, type IncidentSummary, writeIncidentCursor } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { SNOOZE_LENGTHS, type Snooze } from '#domain/snooze.ts'
import { type Address, url } from '#lib/base-path.ts'
import { Icon } from '#views/components/icon.tsx'
import { AcknowledgedBy, IncidentMark } from '#views/components/incident-story.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { ActiveSnooze, LENGTH_WORDS } from '#views/components/snooze.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { reasonInWords } from '#words/reason.ts'

export const INCIDENT_FILTERS = ['all', 'open', 'past'] as const
export type IncidentFilter = (typeof INCIDENT_FILTERS)[number]

/** The incidents to show, as the URL says. */
export interface IncidentQuery {
  filter: IncidentFilter
  count: number
  /** The list begins below this one; null for the newest. */
  before: IncidentCursor | null
}

export interface IncidentListProps {
  project: OwnProject
  reading: Reading
  query: IncidentQuery
  incidents: IncidentSummary[]
  /** How to load more; null if there are no more. */
  more: { query: IncidentQuery; isNewPage: boolean } | null
  openCount: number
  /** Those of tags and of the project. */
  snoozes: readonly Snooze[]
  /** The tags of the project. */
  tags: readonly string[]
}

const FILTER_WORDS: Record<IncidentFilter, string> = { all: 'All', open: 'Open', past: 'Closed' }

export function IncidentsPage({ context, list }: { context: FrameContext; list: IncidentListProps }) {
  return (
    <Frame context={context} title="Incidents" room="incidents">
      <div class="page-head">
        <h1>Incidents</h1>
      </div>
      <IncidentList {...list} />
    </Frame>
  )
}

/** The list of incidents. Updates when the project changes. */
export function IncidentList(props: IncidentListProps) {
  const { project, reading, query, incidents, more, openCount } = props
  return (
    <section
      id="incidents"
      class="incidents"
      aria-label="Incidents"
      data-live-project
      hx-get={listPath(project, query, '/list')}
      hx-trigger="project-changed"
      hx-swap="outerMorph"
    >
      <nav class="incident-filter" aria-label="Filter incidents">
        {INCIDENT_FILTERS.map((filter) => (
          <a
            class="quiet-link"
            href={listPath(project, { ...query, filter, before: null, count: 0 })}
            aria-current={filter === query.filter ? 'page' : undefined}
          >
            <span>
              {FILTER_WORDS[filter]}
              {filter === 'open' && <span class="number"> {openCount}</span>}
            </span>
          </a>
        ))}
      </nav>
      {incidents.length === 0 ? (
        <NoIncidents filter={query.filter} />
      ) : (
        <ol class="incident-rows">
          {incidents.map((incident) => (
            <IncidentRow incident={incident} reading={reading} />
          ))}
        </ol>
      )}
      {more && <LoadMore project={project} more={more} />}
      <Snoozes {...props} />
    </section>
  )
}

/** Snoozes of tags and of the whole project. A monitor's own is on its page. */
function Snoozes({ project, reading, snoozes, tags }: IncidentListProps) {
  const mayOperate = may(project.role, 'operate')
  if (!mayOperate && snoozes.length === 0) return null
  return (
    <section class="section" aria-labelledby="snoozes-title">
      <h2 id="snoozes-title">Snooze</h2>
      {snoozes.map((snooze) => (
        <ActiveSnooze snooze={snooze} reading={reading} mayOperate={mayOperate} />
      ))}
      {mayOperate && (
        <form method="post" action={url(`/projects/${project.id}/snoozes`)} class="snooze-form">
          <select name="tag" aria-label="Monitors">
            <option value="">All monitors</option>
            {tags.map((tag) => (
              <option value={tag}>Tag {tag}</option>
            ))}
          </select>
          <select name="length" aria-label="Snooze for">
            {SNOOZE_LENGTHS.filter((length) => length !== 'recovery').map((length) => (
              <option value={length}>{LENGTH_WORDS[length]}</option>
            ))}
          </select>
          <button type="submit" class="button">
            <Icon name="clock" /> Snooze
          </button>
        </form>
      )}
      <p class="help">
        Snoozed monitors notify no one. What is still down when it ends is reported then. To plan ahead, use{' '}
        <a href={url(`/projects/${project.id}/maintenance`)}>maintenance</a>.
      </p>
    </section>
  )
}

function IncidentRow({ incident, reading }: { incident: IncidentSummary; reading: Reading }) {
  const { id, monitor, reason, openedAt, failedDeliveries, acknowledgment, note } = incident
  return (
    <li class={incident.closedAt === null ? 'incident-row incident-open' : 'incident-row'}>
      <div class="section-head">
        <h2 class="row-name incident-name">
          <a href={url(`/incidents/${id}`)}>
            <bdi>{shownName(monitor)}</bdi>
          </a>
        </h2>
        <IncidentMark incident={incident} reading={reading} />
      </div>
      <p class="incident-facts">
        <span>{reasonInWords(reason)}</span>
        <span class="soft">
          {incident.closedAt === null ? 'Since' : 'Started'} <Moment at={openedAt} reading={reading} />
        </span>
        {acknowledgment && (
          <span>
            <Icon name="person" /> <AcknowledgedBy incident={incident} reading={reading} />
          </span>
        )}
        {failedDeliveries > 0 && (
          <span class="outcome outcome-bad">
            <Icon name="alert" /> {failedDeliveries} {failedDeliveries === 1 ? 'notification' : 'notifications'} failed
          </span>
        )}
      </p>
      {note !== '' && (
        <p class="incident-excerpt" dir="auto">
          {note}
        </p>
      )}
    </li>
  )
}

function NoIncidents({ filter }: { filter: IncidentFilter }) {
  if (filter === 'open') {
    return (
      <div class="empty">
        <h2>Nothing is down</h2>
        <p>No monitor in this project has an open incident.</p>
      </div>
    )
  }
  return (
    <div class="empty">
      <h2>No {filter === 'past' ? 'closed incidents' : 'incidents yet'}</h2>
      <p>
        An incident opens when a monitor goes down: a ping is missing at the deadline, a run doesn't finish in time, or
        the job reports a failure. It closes when the job reports success.
      </p>
      <p>Each incident shows what was expected, what was received, who was notified, and whether delivery worked.</p>
    </div>
  )
}

// A long list continues on a new page, so that a page doesn't grow without limit.
function LoadMore({ project, more }: { project: OwnProject; more: NonNullable<IncidentListProps['more']> }) {
  const { query, isNewPage } = more
  const href = listPath(project, query)
  if (isNewPage) {
    return (
      <a class="button incident-more" href={href}>
        Next page
      </a>
    )
  }
  return (
    <a
      class="button incident-more"
      href={href}
      hx-get={listPath(project, query, '/list')}
      hx-target="#incidents"
      hx-replace-url={href}
      hx-swap="outerHTML"
    >
      Load more
    </a>
  )
}

function listPath(project: OwnProject, { filter, count, before }: IncidentQuery, part = ''): Address {
  const query = new URLSearchParams()
  if (filter !== 'all') query.set('show', filter)
  if (count > 0) query.set('count', String(count))
  if (before !== null) query.set('before', writeIncidentCursor(before))
  const text = query.toString()
  return url(`/projects/${project.id}/incidents${part}${text === '' ? '' : `?${text}`}`)
}
