import { withNewDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { schemaVersion } from '#store/migrations.ts'
import type { AddCommand } from './command.ts'

export const addMigrate: AddCommand = (program, shell) => {
  program
    .command('migrate')
    .description('bring the database up to date without starting to watch')
    .action(async () => {
      await withNewDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        shell.print(`The database has schema ${schemaVersion(deps.db)}, the newest this version knows.`)
      })
    })
}
