import { projectOf } from '#actions/projects.ts'
import { endSnooze, snooze } from '#actions/snoozes.ts'
import { withDeps } from '#app.ts'
import type { Snooze } from '#domain/snooze.ts'
import { systemClock } from '#lib/clock.ts'
import { findUserByEmail } from '#store/accounts.ts'
import type { Reader } from '#store/database.ts'
import { listSnoozes } from '#store/snoozes.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import type { AddCommand, Shell } from './command.ts'
import { addScopeOptions, readDuration, readScope, type ScopeOptions, scopeAsObject, scopeInTable } from './scope.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface ListOptions {
  project?: string
  json?: boolean
}

export const addSnooze: AddCommand = (program, shell) => {
  const command = program.command('snooze').description('notify no one about some monitors for some time')
  addScopeOptions(
    command
      .command('start')
      .description('snooze one monitor, those with a tag, or all of a project')
      .argument('<email>', 'a member of the project'),
  )
    .option('--for <duration>', 'how long, such as "2h" (default for one monitor: until it recovers)')
    .action((email: string, options: ScopeOptions & { for?: string }) => start(shell, email, options))
  command
    .command('list')
    .description('list the snoozes that have not ended')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: an array of {id, monitor, tag, ends_at, created_at, created_by}')
    .action((email: string, options: ListOptions) => list(shell, email, options))
  command
    .command('end')
    .description('end a snooze early')
    .argument('<email>', 'a member of the project')
    .argument('<id>', 'ID of the snooze')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .action((email: string, id: string, options: ListOptions) =>
      withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        endSnooze(deps, { projectId: projectOf(deps, { email, name: options.project ?? null }).id, snoozeId: id })
        shell.tell('Snooze ended.')
      }),
    )
}

async function start(shell: Shell, email: string, options: ScopeOptions & { for?: string }): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const project = projectOf(deps, { email, name: options.project ?? null })
    const endsAt = options.for === undefined ? null : deps.clock.now() + readDuration('--for', options.for)
    const scope = readScope(deps.db, project, options)
    const userId = findUserByEmail(deps.db, email)?.id ?? null
    const created = snooze(deps, { projectId: project.id, scope, endsAt, userId })
    shell.tell(`Snoozed until ${isoOrNull(created.endsAt) ?? 'the monitor recovers'}.`)
  })
}

async function list(shell: Shell, email: string, { project, json }: ListOptions): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { id: projectId } = projectOf(deps, { email, name: project ?? null })
    const found = listSnoozes(deps.db, { projectId, now: deps.clock.now() }).map((one) => asObject(deps.db, one))
    if (json) return printJson(shell, found)
    printTable(shell, {
      head: ['ID', 'MONITORS', 'UNTIL', 'BY'],
      rows: found.map((one) => [one.id, scopeInTable(one), one.ends_at ?? 'it recovers', one.created_by ?? '-']),
      otherwise: 'Nothing is snoozed.',
    })
  })
}

function asObject(reader: Reader, { id, scope, endsAt, createdAt, by, via }: Snooze) {
  return {
    id,
    ...scopeAsObject(reader, scope),
    ends_at: isoOrNull(endsAt),
    created_at: isoOrNull(createdAt),
    created_by: acknowledgerInWords({ at: createdAt, by, via }),
  }
}
