import { createApiKey, projectOf, revokeApiKey } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { listApiKeys } from '#store/projects.ts'
import type { AddCommand } from './command.ts'
import { isoOrNull, printJson, printRows } from './table.ts'

interface CreateOptions {
  project?: string
  readOnly?: boolean
}

export const addKey: AddCommand = (program, shell) => {
  const key = program.command('key').description('keys of a project')
  key
    .command('create')
    .description('make an API key and print it; it cannot be shown again')
    .argument('<email>', 'whose project')
    .option('--project <name>', 'its name or id; without it the first one')
    .option('--read-only', 'may look and change nothing')
    .action(async (email: string, options: CreateOptions) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const project = projectOf(deps, { email, name: options.project ?? null })
        const access = options.readOnly ? 'read-only' : 'read-write'
        shell.print(createApiKey(deps, { projectId: project.id, access }))
      })
    })
  key
    .command('list')
    .description('list the API keys of a project; the keys themselves are not kept')
    .argument('<email>', 'whose project')
    .option('--project <name>', 'its name or id; without it the first one')
    .option('--json', 'print JSON: an array of {id, name, access, begins_with, created_at}')
    .action(async (email: string, options: { project?: string; json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const project = projectOf(deps, { email, name: options.project ?? null })
        const keys = listApiKeys(deps.db, project.id).map(({ id, name, access, hint, createdAt }) => {
          return { id, name, access, begins_with: hint, created_at: isoOrNull(createdAt) }
        })
        if (options.json) printJson(shell, keys)
        else
          printRows(
            shell,
            keys.map(({ id, begins_with, access, name }) => [id, begins_with, access, name]),
          )
      })
    })
  key
    .command('delete')
    .description('delete an API key: from now on nobody gets in with it')
    .argument('<email>', 'whose project')
    .argument('<key>', 'its id')
    .option('--project <name>', 'its name or id; without it the first one')
    .action(async (email: string, id: string, options: { project?: string }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        revokeApiKey(deps, { id, projectId: projectOf(deps, { email, name: options.project ?? null }).id })
        shell.print('The key is deleted.')
      })
    })
  key
    .command('ping')
    .description('print the project ping key, for ping URLs by slug')
    .argument('<email>', 'whose project')
    .option('--project <name>', 'its name or id; without it the first one')
    .option('--json', 'print JSON: {project, ping_key}')
    .action(async (email: string, options: { project?: string; json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const { name, pingKey } = projectOf(deps, { email, name: options.project ?? null })
        if (options.json) printJson(shell, { project: name, ping_key: pingKey })
        else shell.print(pingKey)
      })
    })
}
