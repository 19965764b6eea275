import { withNewDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { schemaVersion } from '#store/migrations.ts'
import type { AddCommand } from './command.ts'

export const addMigrate: AddCommand = (program, shell) => {
  program
    .command('migrate')
    .description('upgrade the database without starting the server')
    .action(async () => {
      await withNewDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
        shell.print(`The database is up to date (schema ${schemaVersion(deps.db)}).`)
      })
    })
}
