import { InvalidArgumentError } from 'commander'
import { searchIncidents } from '#actions/incident-lists.ts'
import { acknowledgeIncident } from '#actions/incidents.ts'
import { projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { type IncidentSummary, incidentMs, NEWEST_INCIDENTS } from '#domain/incident.ts'
import { type IncidentFilter, NO_INCIDENT_FILTER } from '#domain/incident-filter.ts'
import { shownName } from '#domain/monitor.ts'
import { systemClock } from '#lib/clock.ts'
import { shortDuration } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import { reasonInWords } from '#words/reason.ts'
import type { AddCommand, Shell } from './command.ts'
import { findMonitor } from './named-monitor.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface SearchOptions {
  search?: string
  tag?: string
  since?: string
  until?: string
  acknowledged?: string
}

interface ListOptions extends SearchOptions {
  project?: string
  open?: boolean
  count: number
  json?: boolean
}

const COUNT_MAX = 1000
const COUNT_USUAL = 20

export const addIncident: AddCommand = (program, shell) => {
  const incident = program.command('incident').description('list incidents')
  incident
    .command('list')
    .description('list the incidents of a project, newest first')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--open', 'only open incidents')
    .option('--search <words>', 'only those of monitors with these words in the name, slug or tags')
    .option('--tag <tag>', 'only those of monitors with this tag')
    .option('--since <time>', 'only those that began at this time or later, such as 2026-12-01')
    .option('--until <time>', 'only those that began before this time')
    .option('--acknowledged <yes|no>', 'only those that someone has acknowledged, or no one')
    .option('--count <n>', 'maximum number of incidents', readCount, COUNT_USUAL)
    .option(
      '--json',
      'print JSON: an array of {id, monitor, reason, opened_at, closed_at, acknowledged_at, acknowledged_by, note}',
    )
    .action((email: string, options: ListOptions) => show(shell, { email, ...options }))
}

export const addAck: AddCommand = (program, shell) => {
  program
    .command('ack')
    .description('acknowledge the open incident of a monitor')
    .argument('<email>', 'a member of the project')
    .argument('<monitor>', 'monitor name, slug or key')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--note <text>', 'text to append to the note')
    .action((email: string, monitor: string, options: { project?: string; note?: string }) =>
      acknowledge(shell, { email, monitor, ...options }),
    )
}

interface Acknowledged {
  email: string
  monitor: string
  project?: string | null
  note?: string
}

async function acknowledge(shell: Shell, { email, monitor, project: name = null, note }: Acknowledged): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const project = projectOf(deps, { email, name })
    const { id: monitorId } = findMonitor(deps.db, project, monitor)
    const search = { monitorId, isOpen: true, limit: 1, filter: NO_INCIDENT_FILTER, ...NEWEST_INCIDENTS }
    const [incident] = searchIncidents(deps.db, { projectId: project.id, ...search })
    if (incident === undefined) throw new AppError('not_found', `${monitor} has no open incident.`)
    const userId = findUserByEmail(deps.db, email)?.id ?? null
    const ref = { projectId: project.id, incidentId: incident.id }
    const isMine = acknowledgeIncident(deps, { ...ref, userId, addedNote: note })
    shell.tell(isMine ? 'Incident acknowledged.' : 'The incident was already acknowledged.')
  })
}

async function show(shell: Shell, { email, project = null, ...options }: ShownOptions): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { db, clock } = deps
    const { id: projectId } = projectOf(deps, { email, name: project })
    const search = { isOpen: options.open ? true : null, filter: readFilter(options) }
    const incidents = searchIncidents(db, { projectId, limit: options.count, ...search, ...NEWEST_INCIDENTS })
    if (options.json) return printJson(shell, incidents.map(asObject))
    printTable(shell, {
      head: ['STARTED', 'DURATION', 'MONITOR', 'CAUSE', 'ACKNOWLEDGED BY'],
      rows: incidents.map((incident) => rowOf(incident, clock.now())),
      otherwise: isFiltered(options)
        ? 'No incident matches.'
        : options.open
          ? 'No open incidents.'
          : 'No incidents yet.',
      colorOf: ([, duration]) => (duration?.startsWith('ongoing') ? 'red' : undefined),
    })
  })
}

/** Throws invalid. */
function readFilter({ search = '', tag = '', since, until, acknowledged }: SearchOptions): IncidentFilter {
  return {
    text: search,
    tag,
    since: readTime('--since', since),
    until: readTime('--until', until),
    isAcknowledged: readYesNo('--acknowledged', acknowledged),
  }
}

function isFiltered(options: SearchOptions): boolean {
  return !Bun.deepEquals(readFilter(options), NO_INCIDENT_FILTER)
}

function readTime(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new AppError('invalid', `${option}: "${text}" is not a time. Write it as 2026-12-01 or 2026-12-01T08:00:00Z.`)
}

function readYesNo(option: string, text: string | undefined): boolean | null {
  if (text === undefined) return null
  if (text === 'yes' || text === 'no') return text === 'yes'
  throw new AppError('invalid', `${option} takes yes or no.`)
}

type ShownOptions = Omit<ListOptions, 'project'> & { email: string; project?: string | null }

function asObject({ id, monitor, reason, openedAt, closedAt, acknowledgment, note }: IncidentSummary) {
  return {
    id,
    monitor: { name: shownName(monitor), unique_key: monitor.uniqueKey },
    reason,
    opened_at: isoOrNull(openedAt),
    closed_at: isoOrNull(closedAt),
    acknowledged_at: isoOrNull(acknowledgment?.at ?? null),
    acknowledged_by: acknowledgment && acknowledgerInWords(acknowledgment),
    note,
  }
}

function rowOf(incident: IncidentSummary, now: number): string[] {
  const { openedAt, closedAt, monitor, reason, acknowledgment } = incident
  const duration = `${closedAt === null ? 'ongoing, ' : ''}${shortDuration(incidentMs(incident, now))}`
  const by = acknowledgment === null ? '-' : (acknowledgerInWords(acknowledgment) ?? 'yes')
  return [isoOrNull(openedAt) ?? '', duration, shownName(monitor), reasonInWords(reason), by]
}

function readCount(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= COUNT_MAX) return Number(text)
  throw new InvalidArgumentError(`Enter a number from 1 to ${COUNT_MAX}.`)
}
