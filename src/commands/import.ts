import { type ImportedItem, importConfiguration } from '#actions/imports.ts'
import { withDeps, withNewDeps } from '#app.ts'
import { readExport } from '#domain/export.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { readText } from '#lib/files.ts'
import type { AddCommand, Shell } from './command.ts'

interface ImportOptions {
  owner?: string
  dryRun?: boolean
  json?: boolean
}

const FILE_MAX = 256 * 1024 * 1024

export const addImport: AddCommand = (program, shell) => {
  program
    .command('import')
    .description('bring in what export has written, all of it or nothing; what is not in it stays as it is')
    .argument('<file>', '- for standard input')
    .option('--owner <email>', 'to whom new projects belong; without it the first administrator')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'print JSON: {dry_run, items: [{what, name, project, outcome}]}')
    .action((file: string, options: ImportOptions) => bringIn(shell, { file, ...options }))
}

async function bringIn(shell: Shell, { file, owner = null, dryRun = false, json }: ImportChoice): Promise<void> {
  const content = readExport(file === '-' ? await shell.readInput() : readFile(file))
  await (dryRun ? withDeps : withNewDeps)({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const items = importConfiguration(deps, { content, ownerEmail: owner, isDryRun: dryRun })
    if (json) shell.print(JSON.stringify({ dry_run: dryRun, items }, null, 2))
    else for (const line of inWords(items, dryRun)) shell.print(line)
  })
}

type ImportChoice = Omit<ImportOptions, 'owner'> & { file: string; owner?: string | null }

function readFile(file: string): string {
  const text = readText(file, FILE_MAX)
  if (text === null) throw new AppError('not_found', `There is no file ${file}, or it is too large.`)
  return text
}

function inWords(items: ImportedItem[], isDryRun: boolean): string[] {
  const told = items.filter(({ outcome }) => outcome !== 'unchanged')
  const skipped = items.some(({ outcome }) => outcome === 'skipped')
  return [
    ...told.map(({ outcome, what, name, project }) => {
      return [outcome.padEnd(8), what.padEnd(8), what === 'project' ? name : `${name} (${project})`].join('  ')
    }),
    ...(['project', 'channel', 'monitor'] as const).map((what) => summary(items, what)),
    ...(skipped ? [SKIPPED] : []),
    ...(isDryRun ? ['This was a dry run: nothing was changed.'] : []),
  ]
}

const SKIPPED =
  'A skipped channel is new here, and its secrets were not exported: export with --with-secrets, or add it by hand.'

function summary(items: ImportedItem[], what: ImportedItem['what']): string {
  const count = (outcome: ImportedItem['outcome']): number => {
    return items.filter((item) => item.what === what && item.outcome === outcome).length
  }
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''
  const [created, changed, unchanged] = [count('created'), count('changed'), count('unchanged')]
  return `${what}s: ${created} created, ${changed} changed, ${unchanged} unchanged${skipped}`
}
