import { projectsOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import type { AddCommand } from './command.ts'

export const addProject: AddCommand = (program, shell) => {
  program
    .command('project')
    .description('list projects')
    .command('list')
    .description('list the projects of a user')
    .argument('<email>')
    .option('--json', 'print JSON: an array of {id, name, ping_key}')
    .action(async (email: string, options: { json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const projects = projectsOf(deps, email).map(({ id, name, pingKey }) => ({ id, name, ping_key: pingKey }))
        if (options.json) shell.print(JSON.stringify(projects, null, 2))
        else for (const { id, name, ping_key } of projects) shell.print([id, ping_key, name].join('  '))
      })
    })
}
