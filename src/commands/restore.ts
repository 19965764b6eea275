import { type Restored, restoreBackup } from '#actions/restores.ts'
import type { BackupCounts } from '#domain/backup.ts'
import { systemClock } from '#lib/clock.ts'
import type { AddCommand } from './command.ts'

export const addRestore: AddCommand = (program, shell) => {
  program
    .command('restore')
    .description('put a backup in the place of the database; the server must not run')
    .argument('<file>', 'the backup; its manifest stands beside it')
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
    `${file} is the database now. ${manifest === null ? NO_MANIFEST : `It was made ${manifest.made_at}.`}`,
    ...table(before, counts),
    ...(safetyCopy === null ? [] : [`What was there before is kept in ${safetyCopy}`]),
    ...(pending > 0 ? [`It has schema ${schema}; the next start brings it up to date.`] : []),
  ]
}

const NO_MANIFEST = 'No manifest stood beside it, so only the database itself says that it is whole.'
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
