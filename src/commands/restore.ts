import { type Restored, restoreBackup } from '#actions/restores.ts'
import type { BackupCounts } from '#domain/backup.ts'
import { systemClock } from '#lib/clock.ts'
import type { AddCommand } from './command.ts'

export const addRestore: AddCommand = (program, shell) => {
  program
    .command('restore')
    .description('replace the database with a backup; stop the server first')
    .argument('<file>', 'backup file, with its manifest next to it')
    .option('--json', 'print JSON: {file, made_at, schema, before, after, kept}')
    .action((file: string, { json = false }: { json?: boolean }) => {
      const restored = restoreBackup({ config: shell.readConfig(), clock: systemClock }, file)
      if (json) shell.print(JSON.stringify(asObject(file, restored), null, 2))
      else for (const line of inWords(file, restored)) shell.print(line)
    })
}

function asObject(file: string, { schema, before, counts, safetyCopy, manifest }: Restored) {
  return { file, made_at: manifest?.made_at ?? null, schema, before, after: counts, kept: safetyCopy }
}

function inWords(file: string, { schema, pending, before, counts, safetyCopy, manifest }: Restored): string[] {
  return [
    `Restored ${file}. ${manifest === null ? NO_MANIFEST : `The backup was made ${manifest.made_at}.`}`,
    ...table(before, counts),
    ...(safetyCopy === null ? [] : [`The previous database was kept as ${safetyCopy}`]),
    ...(pending > 0 ? [`The restored database has schema ${schema}. CronGuard upgrades it at the next start.`] : []),
  ]
}

const NO_MANIFEST = 'It has no manifest, so only the database itself was checked.'
const COLUMN = 10

function table(before: BackupCounts | null, after: BackupCounts): string[] {
  const rows = Object.entries(after).map(([what, count]) => {
    const old = before === null ? '-' : before[what as keyof BackupCounts]
    return [what, String(old), String(count)]
  })
  return [['', 'before', 'now'], ...rows].map(([what = '', ...cells]) =>
    [what.padEnd(COLUMN), ...cells.map((cell) => cell.padStart(COLUMN))].join(''),
  )
}
