import { createApiKey, projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import type { AddCommand } from './command.ts'

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
    .option('--project <name>', 'which project; without it the first one')
    .option('--read-only', 'may look and change nothing')
    .action(async (email: string, options: CreateOptions) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const project = projectOf(deps, { email, name: options.project ?? null })
        const access = options.readOnly ? 'read-only' : 'read-write'
        shell.print(createApiKey(deps, { projectId: project.id, access }))
      })
    })
  key
    .command('ping')
    .description('print the project ping key, for ping URLs by slug')
    .argument('<email>', 'whose project')
    .option('--project <name>', 'which project; without it the first one')
    .action(async (email: string, options: { project?: string }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        shell.print(projectOf(deps, { email, name: options.project ?? null }).pingKey)
      })
    })
}
