import { type IncidentCursor, type IncidentSummary, writeIncidentCursor } from '#domain/incident.ts'
import { NO_INCIDENT_FILTER, type IncidentFilter as Search } from '#domain/incident-filter.ts'
import { shownName } from '#domain/monitor.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { SNOOZE_LENGTHS, type Snooze } from '#domain/snooze.ts'
import { type Address, url } from '#lib/base-path.ts'
import { Icon } from '#views/components/icon.tsx'
import { AcknowledgedBy, IncidentMark } from '#views/components/incident-story.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { ActiveSnooze, LENGTH_WORDS, SnoozeButton } from '#views/components/snooze.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { reasonInWords } from '#words/reason.ts'

/** The fields of the search form. */
export const SEARCH_FIELDS = ['q', 'tag', 'from', 'to', 'acknowledged'] as const

export const INCIDENT_FILTERS = ['all', 'open', 'past'] as const
export type IncidentFilter = (typeof INCIDENT_FILTERS)[number]

/** The incidents to show, as the URL says. */
export interface IncidentQuery {
  filter: IncidentFilter
  search: Search
  /** The search as it was typed, by field. */
  typed: Readonly<Record<string, string>>
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
      {(list.incidents.length > 0 || isSearch(list.query)) && <SearchForm {...list} />}
      <IncidentList {...list} />
    </Frame>
  )
}

function isSearch({ search }: Pick<IncidentQuery, 'search'>): boolean {
  return !Bun.deepEquals(search, NO_INCIDENT_FILTER)
}

/** Searches without JavaScript, too. */
function SearchForm({ project, query, tags }: IncidentListProps) {
  const { filter, typed } = query
  const path = url(`/projects/${project.id}/incidents`)
  return (
    <form
      class="filter incident-search"
      method="get"
      action={path}
      hx-get={url(`/projects/${project.id}/incidents/list`)}
      hx-trigger="input delay:250ms, change, submit"
      hx-include="this"
      hx-target="#incidents"
      hx-swap="outerMorph"
      hx-sync="this:replace"
    >
      {filter !== 'all' && <input type="hidden" name="show" value={filter} />}
      <label>
        Monitor
        <input type="search" name="q" value={typed.q} autocomplete="off" dir="auto" maxlength="200" />
      </label>
      {tags.length > 0 && (
        <label>
          Tag
          <select name="tag">
            <option value="">Any</option>
            {tags.map((tag) => (
              <option value={tag} selected={tag === typed.tag}>
                {tag}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        From
        <input type="date" name="from" value={typed.from} />
      </label>
      <label>
        To
        <input type="date" name="to" value={typed.to} />
      </label>
      <label>
        Acknowledged
        <select name="acknowledged">
          {Object.entries(ACKNOWLEDGED_WORDS).map(([value, label]) => (
            <option value={value} selected={value === (typed.acknowledged ?? '')}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <noscript>
        <button type="submit" class="button">
          Apply
        </button>
      </noscript>
    </form>
  )
}

const ACKNOWLEDGED_WORDS = { '': 'Any', yes: 'Yes', no: 'No' }

/** The list of incidents. Updates when the project changes. */
export function IncidentList(props: IncidentListProps) {
  const { project, query, incidents, more, openCount } = props
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
        <NoIncidents query={query} project={project} />
      ) : (
        <ol class="incident-rows">
          {incidents.map((incident) => (
            <IncidentRow incident={incident} {...props} />
          ))}
        </ol>
      )}
      {more && <LoadMore project={project} more={more} />}
      {incidents.length > 0 && (
        <p class="incident-download">
          <a href={listPath(project, { ...query, count: 0, before: null }, '.csv')} download="incidents.csv">
            Download as CSV
          </a>
        </p>
      )}
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

function IncidentRow({ incident, project, query, reading }: IncidentListProps & { incident: IncidentSummary }) {
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
      {incident.closedAt === null && may(project.role, 'operate') && (
        <RowActions id={id} isAcknowledged={acknowledgment !== null} list={queryText(query)} />
      )}
    </li>
  )
}

/** Acknowledges and snoozes without leaving the list. */
function RowActions({ id, isAcknowledged, list }: { id: string; isAcknowledged: boolean; list: string }) {
  return (
    <div class="incident-actions">
      {!isAcknowledged && (
        <form method="post" action={url(`/incidents/${id}/acknowledgment`)}>
          <input type="hidden" name="list" value={list} />
          <button type="submit" class="button button-small">
            Acknowledge
          </button>
        </form>
      )}
      <details class="incident-snooze">
        <summary class="quiet-link">Snooze</summary>
        <SnoozeButton action={url(`/incidents/${id}/snooze`)} lengths={SNOOZE_LENGTHS} list={list} />
      </details>
    </div>
  )
}

function NoIncidents({ query: { filter, search }, project }: Pick<IncidentListProps, 'query' | 'project'>) {
  if (isSearch({ search })) {
    return (
      <div class="empty">
        <h2>No incident matches</h2>
        <p>
          Change the search, or <a href={url(`/projects/${project.id}/incidents`)}>show all incidents</a>.
        </p>
      </div>
    )
  }
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

/** The list, or a part of it. */
export function listPath(project: Pick<OwnProject, 'id'>, query: IncidentQuery, part = ''): Address {
  const text = queryText(query)
  return url(`/projects/${project.id}/incidents${part}${text === '?' ? '' : text}`)
}

/** "?show=open&q=backup", or "?" for all incidents. */
function queryText({ filter, typed, count, before }: IncidentQuery): string {
  const query = new URLSearchParams()
  if (filter !== 'all') query.set('show', filter)
  for (const [name, value] of Object.entries(typed)) if (value !== '') query.set(name, value)
  if (count > 0) query.set('count', String(count))
  if (before !== null) query.set('before', writeIncidentCursor(before))
  return `?${query}`
}
