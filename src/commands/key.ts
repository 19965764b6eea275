import { userByEmail } from '#actions/accounts.ts'
import { createApiKey, projectOf, revokeApiKey } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { listApiKeys } from '#store/projects.ts'
import type { AddCommand, Shell } from './command.ts'
import { confirm } from './confirm.ts'
import { isoOrNull, printJson, printRows } from './table.ts'

interface CreateOptions {
  project?: string
  readOnly?: boolean
}

export const addKey: AddCommand = (program, shell) => {
  const key = program.command('key').description('manage API keys and show the project ping key')
  key
    .command('create')
    .description('create an API key and print it; it cannot be shown again')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--read-only', 'create a read-only key')
    .action(async (email: string, options: CreateOptions) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const project = projectOf(deps, { email, name: options.project ?? null })
        const access = options.readOnly ? 'read-only' : 'read-write'
        const { id: createdBy } = userByEmail(deps, email)
        shell.print(createApiKey(deps, { projectId: project.id, access, createdBy }))
      })
    })
  key
    .command('list')
    .description('list the API keys of a project, without the keys themselves')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: an array of {id, name, access, begins_with, created_at, created_by}')
    .action(async (email: string, options: { project?: string; json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const project = projectOf(deps, { email, name: options.project ?? null })
        const keys = listApiKeys(deps.db, project.id).map(({ id, name, access, hint, createdAt, maker }) => {
          const created_by = maker?.email ?? null
          return { id, name, access, begins_with: hint, created_at: isoOrNull(createdAt), created_by }
        })
        if (options.json) printJson(shell, keys)
        else
          printRows(
            shell,
            keys.map(({ id, begins_with, access, created_by, name }) => [
              id,
              begins_with,
              access,
              created_by ?? '-',
              name,
            ]),
          )
      })
    })
  key
    .command('delete')
    .description('delete an API key; asks for confirmation')
    .argument('<email>', 'a member of the project')
    .argument('<key>', 'ID of the key')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--yes', 'do not ask for confirmation')
    .action((email: string, id: string, options: RemoveOptions) => remove(shell, { email, id, ...options }))
  key
    .command('ping')
    .description('show the project ping key, for ping URLs with slugs')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: {project, ping_key}')
    .action(async (email: string, options: { project?: string; json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const { name, pingKey } = projectOf(deps, { email, name: options.project ?? null })
        if (options.json) printJson(shell, { project: name, ping_key: pingKey })
        else shell.print(pingKey)
      })
    })
}

interface RemoveOptions {
  project?: string
  yes?: boolean
}

async function remove(shell: Shell, options: RemoveOptions & { email: string; id: string }): Promise<void> {
  const { email, id, project: name = null, yes = false } = options
  await withDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const project = projectOf(deps, { email, name })
    const key = listApiKeys(deps.db, project.id).find((known) => known.id === id)
    if (key !== undefined) {
      const called = key.name === '' ? '' : ` ("${key.name}")`
      const subject = `the ${key.access} key ${key.hint}…${called} in "${project.name}"`
      const loss = `This deletes ${subject}. Programs that use it lose access.`
      await confirm(shell, { loss, yes })
    }
    revokeApiKey(deps, { id, projectId: project.id })
    shell.print('API key deleted.')
  })
}
