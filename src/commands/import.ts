import type { ImportedItem } from '#actions/import-decisions.ts'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { withDeps, withNewDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { isFile, isFolder, pathExists, readText } from '#lib/files.ts'
import { readPipe } from '#lib/input.ts'
import { sizeInWords } from '#lib/size.ts'
import type { AddCommand, Shell } from './command.ts'

interface ImportOptions {
  owner?: string
  dryRun?: boolean
  json?: boolean
}

const FILE_MAX = 256 * 1024 * 1024
/** The pause between transactions, in which the server can write. */
const PAUSE_MS = 20

export const addImport: AddCommand = (program, shell) => {
  program
    .command('import')
    .description('import an exported file; anything that is not in it stays unchanged')
    .argument('<file>', 'file to import; - for standard input')
    .option('--owner <email>', 'owner of new projects (default: the first administrator)')
    .option('--dry-run', 'show what would change, without changing anything')
    .option('--json', 'print JSON: {dry_run, items: [{what, name, project, outcome}]}')
    .action((file: string, options: ImportOptions) => runImport(shell, { file, ...options }))
}

async function runImport(shell: Shell, { file, owner = null, dryRun = false, json }: ImportChoice): Promise<void> {
  const content = readExport(await readSource(shell, file))
  await (dryRun ? withDeps : withNewDeps)({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const pause = (): Promise<void> => Bun.sleep(PAUSE_MS)
    const items = await importConfiguration(deps, { content, ownerEmail: owner, isDryRun: dryRun, pause })
    if (json) shell.print(JSON.stringify({ dry_run: dryRun, items: items.map(asJson) }, null, 2))
    else for (const line of inWords(items, dryRun)) shell.print(line)
  })
}

type ImportChoice = Omit<ImportOptions, 'owner'> & { file: string; owner?: string | null }

async function readSource(shell: Shell, file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : file
  if (file !== '-' && !pathExists(file)) throw new AppError('not_found', `${file} does not exist.`)
  if (isFolder(file)) throw new AppError('invalid', `${file} is a folder. Choose the exported file.`)
  const text = file === '-' ? await shell.readInput(FILE_MAX) : await readNamed(file)
  if (text === null)
    throw new AppError('invalid', `${name} is larger than ${sizeInWords(FILE_MAX)}, the limit for imports.`)
  if (text.trim() === '') throw new AppError('invalid', `${name} is empty. Nothing was imported.`)
  return text
}

// A named pipe has no size, and may have no writer.
async function readNamed(file: string): Promise<string | null> {
  return isFile(file) ? readText(file, FILE_MAX) : await readPipe(file, { max: FILE_MAX })
}

function asJson({ what, name, project, outcome, note }: ImportedItem) {
  return { what, name, project, outcome, ...(note === undefined ? {} : { note }) }
}

function inWords(items: ImportedItem[], isDryRun: boolean): string[] {
  const changes = items.filter(({ outcome }) => outcome !== 'unchanged')
  const skipped = items.some(({ outcome }) => outcome === 'skipped')
  return [
    ...changes.map(({ outcome, what, name, project, note }) => {
      const about = note === undefined ? '' : `: ${note}`
      return [outcome.padEnd(8), what.padEnd(8), (what === 'project' ? name : `${name} (${project})`) + about].join(
        '  ',
      )
    }),
    ...(['project', 'channel', 'monitor'] as const).map((what) => summary(items, what)),
    ...(items.some(({ what }) => what === 'maintenance') ? [summary(items, 'maintenance')] : []),
    ...(skipped ? [SKIPPED] : []),
    ...(isDryRun ? ['Dry run: nothing was changed.'] : []),
  ]
}

const SKIPPED =
  'Some new channels were skipped, because the export lacks their secrets. Export with --with-secrets, or create them.'

function summary(items: ImportedItem[], what: ImportedItem['what']): string {
  const count = (outcome: ImportedItem['outcome']): number => {
    return items.filter((item) => item.what === what && item.outcome === outcome).length
  }
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''
  const [created, changed, unchanged] = [count('created'), count('changed'), count('unchanged')]
  const title = what === 'maintenance' ? what : `${what}s`
  return `${title}: ${created} created, ${changed} changed, ${unchanged} unchanged${skipped}`
}
