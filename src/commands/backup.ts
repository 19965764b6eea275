import { type Command, InvalidArgumentError } from 'commander'
import { makeBackup } from '#actions/backups.ts'
import { verifyBackup } from '#actions/restores.ts'
import { isBackupName } from '#domain/backup.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { fileNameOf, isFolder } from '#lib/files.ts'
import { sizeInWords } from '#lib/size.ts'
import { countsInWords } from '#words/counts.ts'
import type { AddCommand, Shell } from './command.ts'

interface BackupOptions {
  to?: string
  keep?: number
  json?: boolean
}

const KEEP_MAX = 1000

export const addBackup: AddCommand = (program, shell) => {
  const backup = program
    .command('backup')
    .summary('back up the database to a file')
    .description(
      'back up the database to a file. It also works while the server runs. The server itself makes a backup every ' +
        'night after 03:00 UTC.',
    )
    .option('--to <path>', 'an existing folder, or a file (default: "backups" in the data folder)')
    .option('--keep <n>', 'keep only the newest n backups in that folder; --to must be a folder', readKeep)
    .option('--json', 'print JSON: {file, cronguard, schema, made_at, bytes, sha256, counts}')
    .action((options: BackupOptions, command: Command) => make(shell, { ...options, command }))
  backup
    .command('verify')
    .description('check that a backup is intact and can be restored')
    .argument('<file>')
    .option('--json', 'print JSON: {file, ok, problem}, plus the manifest')
    .action((file: string, _options: unknown, command: Command) => {
      const { json = false } = command.optsWithGlobals<BackupOptions>()
      verify(shell, { file, json })
    })
}

async function make(shell: Shell, { to = null, keep = null, json, command }: BackupChoice): Promise<void> {
  if (keep !== null && to !== null && !isFolder(to) && !isBackupName(fileNameOf(to))) {
    const rule = '--keep works only with a folder'
    command.error(`${rule}. Set --to to an existing folder.`, { exitCode: 2 })
  }
  const { path, manifest } = await makeBackup({ config: shell.readConfig(), clock: systemClock }, { to, keep })
  if (json) shell.print(JSON.stringify({ file: path, ...manifest }, null, 2))
  else shell.print(`${path}: ${sizeInWords(manifest.bytes)}, ${countsInWords(manifest.counts)}`)
}

type BackupChoice = Omit<BackupOptions, 'to' | 'keep'> & {
  to?: string | null
  keep?: number | null
  command: Command
}

function verify(shell: Shell, { file, json }: { file: string; json: boolean }): void {
  try {
    const { manifest, pending } = verifyBackup(file)
    if (json) shell.print(JSON.stringify({ file, ok: true, problem: null, ...manifest }, null, 2))
    else shell.print(verdict({ file, pending, ...manifest }))
  } catch (error) {
    if (json && error instanceof AppError) {
      shell.print(JSON.stringify({ file, ok: false, problem: error.message }, null, 2))
    }
    throw error
  }
}

type Found = ReturnType<typeof verifyBackup>['manifest'] & { file: string; pending: number }

function verdict({ file, pending, made_at, cronguard, schema, bytes, counts }: Found): string {
  const older = pending > 0 ? ' CronGuard upgrades it at the next start.' : ''
  return [
    `${file} is intact and can be restored.${older}`,
    `Made ${made_at} by CronGuard ${cronguard}, schema ${schema}: ${sizeInWords(bytes)}, ${countsInWords(counts)}.`,
  ].join('\n')
}

function readKeep(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= KEEP_MAX) return Number(text)
  throw new InvalidArgumentError(`Enter a number from 1 to ${KEEP_MAX}.`)
}
