import { endMaintenance, planMaintenance } from '#actions/maintenance.ts'
import { projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import type { MaintenanceTimes, MaintenanceWindow } from '#domain/maintenance.ts'
import { readSchedule } from '#domain/schedule-input.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { findUserByEmail } from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import { listWindows } from '#store/maintenance.ts'
import type { AddCommand, Shell } from './command.ts'
import { addScopeOptions, readDuration, readScope, type ScopeOptions, scopeAsObject, scopeInTable } from './scope.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface StartOptions extends ScopeOptions {
  name?: string
  for?: string
  at?: string
  schedule?: string
  tz?: string
}

interface ListOptions {
  project?: string
  json?: boolean
}

export const addMaintenance: AddCommand = (program, shell) => {
  const command = program.command('maintenance').description('plan times in which monitors notify no one')
  addScopeOptions(
    command
      .command('start')
      .description('begin maintenance now, or plan it')
      .argument('<email>', 'a member of the project'),
  )
    .option('--for <duration>', 'how long, such as "2h"')
    .option('--name <text>', 'what people see')
    .option('--at <time>', 'when it begins, such as 2026-12-24T22:00Z (default: now)')
    .option('--schedule <schedule>', 'when it recurs, such as "every Sunday at 3am"')
    .option('--tz <zone>', 'time zone of the schedule (default: UTC)')
    .action((email: string, options: StartOptions) => start(shell, email, options))
  command
    .command('list')
    .description('list maintenance that has not ended')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option(
      '--json',
      'print JSON: an array of ' +
        '{id, name, monitor, tag, starts_at, ends_at, schedule, time_zone, duration_ms, created_by}',
    )
    .action((email: string, options: ListOptions) => list(shell, email, options))
  command
    .command('end')
    .description('end maintenance, or cancel it before it begins')
    .argument('<email>', 'a member of the project')
    .argument('<id>', 'ID of the maintenance')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .action((email: string, id: string, options: ListOptions) =>
      withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        endMaintenance(deps, { projectId: projectOf(deps, { email, name: options.project ?? null }).id, windowId: id })
        shell.tell('Maintenance ended.')
      }),
    )
}

async function start(shell: Shell, email: string, options: StartOptions): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const project = projectOf(deps, { email, name: options.project ?? null })
    const { times } = planMaintenance(deps, {
      projectId: project.id,
      scope: readScope(deps.db, project, options),
      name: options.name ?? '',
      times: readTimes(options, deps.clock.now()),
      userId: findUserByEmail(deps.db, email)?.id ?? null,
    })
    shell.tell(times.is === 'once' ? `Maintenance until ${isoOrNull(times.endsAt)}.` : 'Maintenance planned.')
  })
}

function readTimes({ at, schedule, tz = 'UTC', for: length }: StartOptions, now: number): MaintenanceTimes {
  if (length === undefined) throw new AppError('invalid', 'Say how long the maintenance lasts, for example --for 2h.')
  const durationMs = readDuration('--for', length)
  const startsAt = at === undefined ? now : Date.parse(at)
  if (Number.isNaN(startsAt)) {
    throw new AppError('invalid', `--at: "${at}" is not a time. Write it as 2026-12-24T22:00Z.`)
  }
  if (schedule === undefined) return { is: 'once', startsAt, endsAt: startsAt + durationMs }
  const timeZone = currentZoneName(tz)
  if (timeZone === null) throw new AppError('invalid', `--tz: "${tz}" is not a time zone.`)
  const read = readSchedule(schedule)
  const [expression, periodMs] = read.kind === 'period' ? ['', read.periodMs] : [read.expression, 0]
  return { is: 'recurring', startsAt, durationMs, schedule: { kind: read.kind, expression, periodMs, timeZone } }
}

async function list(shell: Shell, email: string, { project, json }: ListOptions): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { id: projectId } = projectOf(deps, { email, name: project ?? null })
    const found = listWindows(deps.db, { projectId, since: deps.clock.now() }).map((one) => asObject(deps.db, one))
    if (json) return printJson(shell, found)
    printTable(shell, {
      head: ['ID', 'MONITORS', 'FROM', 'UNTIL', 'NAME'],
      rows: found.map((one) => [
        one.id,
        scopeInTable(one),
        one.schedule ?? one.starts_at ?? '',
        one.ends_at ?? 'recurring',
        one.name,
      ]),
      otherwise: 'No maintenance is planned.',
    })
  })
}

function asObject(reader: Reader, { id, name, scope, times, by }: MaintenanceWindow) {
  const recurring = times.is === 'recurring' ? times : null
  return {
    id,
    name,
    ...scopeAsObject(reader, scope),
    starts_at: isoOrNull(times.startsAt),
    ends_at: times.is === 'once' ? isoOrNull(times.endsAt) : null,
    schedule: recurring?.schedule.expression ?? null,
    time_zone: recurring?.schedule.timeZone ?? null,
    duration_ms: times.is === 'once' ? times.endsAt - times.startsAt : times.durationMs,
    created_by: by,
  }
}
