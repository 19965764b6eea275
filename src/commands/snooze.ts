import { projectOf } from '#actions/projects.ts'
import { endSnooze, requireTag, snooze } from '#actions/snoozes.ts'
import { withDeps } from '#app.ts'
import type { Deps } from '#deps.ts'
import { shownName } from '#domain/monitor.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import type { Project } from '#domain/project.ts'
import { readLength } from '#domain/schedule-input.ts'
import type { Snooze } from '#domain/snooze.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { findUserByEmail } from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import { findMonitorById } from '#store/monitors.ts'
import { listSnoozes } from '#store/snoozes.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import type { AddCommand, Shell } from './command.ts'
import { findMonitor } from './named-monitor.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface StartOptions {
  project?: string
  monitor?: string
  tag?: string
  for?: string
}

export const addSnooze: AddCommand = (program, shell) => {
  const command = program.command('snooze').description('notify no one about some monitors for some time')
  command
    .command('start')
    .description('snooze one monitor, those with a tag, or all of a project')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--monitor <name>', 'monitor name, slug or key')
    .option('--tag <tag>', 'monitors with this tag')
    .option('--for <duration>', 'how long, such as "2h" (default for one monitor: until it recovers)')
    .action((email: string, options: StartOptions) => start(shell, email, options))
  command
    .command('list')
    .description('list the snoozes that have not ended')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: an array of {id, monitor, tag, ends_at, created_at, created_by}')
    .action((email: string, options: { project?: string; json?: boolean }) => list(shell, email, options))
  command
    .command('end')
    .description('end a snooze early')
    .argument('<email>', 'a member of the project')
    .argument('<id>', 'ID of the snooze')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .action((email: string, id: string, { project = null }: { project?: string | null }) =>
      withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        endSnooze(deps, { projectId: projectOf(deps, { email, name: project }).id, snoozeId: id })
        shell.tell('Snooze ended.')
      }),
    )
}

async function start(shell: Shell, email: string, { project: name = null, ...options }: StartInput): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const project = projectOf(deps, { email, name })
    const endsAt = options.for === undefined ? null : deps.clock.now() + readFor(options.for)
    const scope = scopeOf(deps, { project, ...options })
    const userId = findUserByEmail(deps.db, email)?.id ?? null
    const created = snooze(deps, { projectId: project.id, scope, endsAt, userId })
    shell.tell(`Snoozed until ${isoOrNull(created.endsAt) ?? 'the monitor recovers'}.`)
  })
}

type StartInput = Omit<StartOptions, 'project'> & { project?: string | null }

function scopeOf(
  { db }: Deps,
  { project, monitor, tag }: { project: Project; monitor?: string; tag?: string },
): MonitorScope {
  if (monitor !== undefined) return { is: 'monitor', monitorId: findMonitor(db, project, monitor).id }
  return tag === undefined ? { is: 'project' } : { is: 'tag', tag: requireTag(db, { projectId: project.id, tag }) }
}

async function list(
  shell: Shell,
  email: string,
  { project = null, json }: { project?: string | null; json?: boolean },
): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { id: projectId } = projectOf(deps, { email, name: project })
    const found = listSnoozes(deps.db, { projectId, now: deps.clock.now() }).map((one) => asObject(deps.db, one))
    if (json) return printJson(shell, found)
    printTable(shell, {
      head: ['ID', 'MONITORS', 'UNTIL', 'BY'],
      rows: found.map(({ id, monitor, tag, ends_at, created_by }) => [
        id,
        monitor ?? (tag === null ? 'all' : `tag ${tag}`),
        ends_at ?? 'it recovers',
        created_by ?? '-',
      ]),
      otherwise: 'Nothing is snoozed.',
    })
  })
}

function asObject(reader: Reader, { id, scope, endsAt, createdAt, by, via }: Snooze) {
  const monitor = scope.is === 'monitor' ? findMonitorById(reader, scope.monitorId) : null
  return {
    id,
    monitor: monitor && shownName(monitor),
    tag: scope.is === 'tag' ? scope.tag : null,
    ends_at: isoOrNull(endsAt),
    created_at: isoOrNull(createdAt),
    created_by: acknowledgerInWords({ at: createdAt, by, via }),
  }
}

function readFor(text: string): number {
  const ms = readLength(text)
  if (ms !== null && ms > 0) return ms
  throw new AppError('invalid', `--for: "${text}" is not a duration. Write it as "90s", "10 minutes" or "1h 30m".`)
}
