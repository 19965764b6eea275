import { AppError, messageOf, StorageRefusedError } from '#lib/errors.ts'
import type { Db } from '#store/database.ts'
import { applyMigration, createMigrationsTable, pendingMigrations } from '#store/migrations.ts'

/**
 * Upgrades the database to the newest schema, and returns the names of the applied migrations. `onStep` is called with
 * the description of each long step.
 */
export function migrate(db: Db, onStep: (step: string) => void = () => {}): string[] {
  const pending = pendingMigrations(db)
  if (pending.length > 0) db.write(createMigrationsTable)
  for (const name of pending) applyOrExplain(db, name, onStep)
  return pending
}

function applyOrExplain(db: Db, name: string, onStep: (step: string) => void): void {
  try {
    db.writeSchema((tx) => applyMigration(tx, name, onStep))
  } catch (error) {
    if (error instanceof StorageRefusedError) throw error
    throw new AppError(
      'conflict',
      `Upgrading the database failed: migration ${name} was rolled back (${messageOf(error)}). Continue with the ` +
        'previous version. If it refuses the database, restore the copy before-schema-… in the backups folder.',
    )
  }
}
