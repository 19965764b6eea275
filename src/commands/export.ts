import { exportConfiguration } from '#actions/exports.ts'
import { withDeps } from '#app.ts'
import { type Exported, isExport } from '#domain/export.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { isFile, pathExists, readText, writeDurably } from '#lib/files.ts'
import { countsInWords } from '#words/counts.ts'
import type { AddCommand, Shell } from './command.ts'

interface ExportOptions {
  withSecrets?: boolean
  force?: boolean
}

const FILE_MAX = 256 * 1024 * 1024
const WITHOUT_SECRETS = 'Secret channel settings were left out. Use --with-secrets to include them.'

export const addExport: AddCommand = (program, shell) => {
  program
    .command('export')
    .description('export projects, monitors and channels as JSON, without pings or users')
    .argument('[file]', 'file to write, readable only by you; - for standard output', '-')
    .option('--with-secrets', 'include secret channel settings')
    .option('--force', 'replace a file that is not an export')
    .action((file: string, options: ExportOptions) => write(shell, { file, ...options }))
}

async function write(shell: Shell, { file, withSecrets = false, force = false }: ExportOptions & { file: string }) {
  if (file !== '-' && !force) requireReplaceable(file)
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const exported = exportConfiguration(deps, { withSecrets })
    const text = JSON.stringify(exported, null, 2)
    if (file === '-') shell.print(text)
    else writeFile(file, `${text}\n`)
    for (const line of inWords(exported)) shell.tell(line)
  })
}

/** Throws conflict when the file exists and is neither empty nor an export. */
function requireReplaceable(file: string): void {
  if (!pathExists(file)) return
  const text = isFile(file) ? readText(file, FILE_MAX) : null
  if (text === '' || (text !== null && isExport(text))) return
  throw new AppError('conflict', `${file} exists and is not a CronGuard export. Choose another file, or use --force.`)
}

function writeFile(file: string, text: string): void {
  try {
    writeDurably(file, text)
  } catch (error) {
    throw new AppError('conflict', `Cannot write ${file}: ${messageOf(error)}.`)
  }
}

function inWords({ projects }: Exported): string[] {
  const monitors = projects.flatMap((project) => project.monitors)
  const channels = projects.flatMap((project) => project.channels)
  const counts = { projects: projects.length, monitors: monitors.length, channels: channels.length }
  const isWhole = channels.every(({ left_out: leftOut }) => leftOut.length === 0)
  return [`Exported ${countsInWords(counts)}.`, ...(isWhole ? [] : [WITHOUT_SECRETS])]
}
