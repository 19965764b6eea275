import { AppError, messageOf, StorageRefusedError } from '#lib/errors.ts'
import type { Db } from '#store/database.ts'
import { applyMigration, createMigrationsTable, pendingMigrations } from '#store/migrations.ts'

/**
 * Brings the database to the newest schema; returns the names of the migrations it applied. `onStep` hears what takes
 * long.
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
      `The database could not be brought up to date: migration ${name} failed (${messageOf(error)}), and nothing of ` +
        'it was kept. Go on with the version that you had. Should it refuse the database, restore the copy ' +
        'before-schema-… that stands among the backups.',
    )
  }
}
