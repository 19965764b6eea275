import type { Db } from '#store/database.ts'
import { applyMigration, createMigrationsTable, pendingMigrations } from '#store/migrations.ts'

/** Brings the database to the newest schema; returns the names of the migrations it applied. */
export function migrate(db: Db): string[] {
  const pending = pendingMigrations(db)
  if (pending.length > 0) db.write(createMigrationsTable)
  for (const name of pending) db.writeSchema((tx) => applyMigration(tx, name))
  return pending
}
