import { projectOf, projectsOf, setHiddenWords } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { HIDDEN_WORD_MAX, HIDDEN_WORDS_MAX } from '#domain/project.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { findHiddenWords } from '#store/projects.ts'
import type { AddCommand, Shell } from './command.ts'
import { printJson } from './table.ts'

interface WordsOptions {
  project?: string
  stdin?: boolean
  json?: boolean
}

/** In bytes, with room for blank lines. */
const INPUT_MAX = 8 * HIDDEN_WORDS_MAX * HIDDEN_WORD_MAX

export const addProject: AddCommand = (program, shell) => {
  const project = program.command('project').description('list projects, and set the words to hide')
  project
    .command('list')
    .description('list the projects of a user')
    .argument('<email>')
    .option('--json', 'print JSON: an array of {id, name, ping_key}')
    .action(async (email: string, options: { json?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const projects = projectsOf(deps, email).map(({ id, name, pingKey }) => ({ id, name, ping_key: pingKey }))
        if (options.json) printJson(shell, projects)
        else for (const { id, name, ping_key } of projects) shell.print([id, ping_key, name].join('  '))
      })
    })
  project
    .command('words')
    .description('list or replace the words that are hidden in messages and from viewers')
    .argument('<email>', 'a member of the project')
    .option('--stdin', 'replace them with the lines of standard input')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: an array of strings')
    .action((email: string, options: WordsOptions) => words(shell, { email, ...options }))
}

// The words are not arguments, because other users of the machine can see those.
async function words(shell: Shell, { email, project, stdin, json }: WordsOptions & { email: string }): Promise<void> {
  const given = stdin ? await shell.readInput(INPUT_MAX) : null
  if (stdin && given === null) throw new AppError('invalid', `Enter at most ${HIDDEN_WORDS_MAX} words, one per line.`)
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { id: projectId } = projectOf(deps, { email, name: project ?? null })
    if (given !== null) setHiddenWords(deps, { projectId, words: given })
    const hidden = findHiddenWords(deps.db, projectId)
    if (json) printJson(shell, hidden)
    else if (hidden.length === 0) shell.tell('No words are hidden.')
    else for (const word of hidden) shell.print(word)
  })
}
