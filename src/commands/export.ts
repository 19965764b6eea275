import { exportConfiguration } from '#actions/exports.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { writeDurably } from '#lib/files.ts'
import type { AddCommand } from './command.ts'

export const addExport: AddCommand = (program, shell) => {
  program
    .command('export')
    .description('write projects, monitors and channels as JSON: no pings, no people')
    .argument('[file]', 'without it standard output')
    .option('--with-secrets', 'also the settings of channels that are secret')
    .action(async (file: string | undefined, { withSecrets = false }: { withSecrets?: boolean }) => {
      await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        const exported = exportConfiguration(deps, { withSecrets })
        const text = JSON.stringify(exported, null, 2)
        if (file === undefined) shell.print(text)
        else writeDurably(file, `${text}\n`)
      })
    })
}
