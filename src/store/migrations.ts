import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'
import init from '#migrations/0001_init.sql' with { type: 'text' }
import web from '#migrations/0002_web.sql' with { type: 'text' }
import dropIn from '#migrations/0003_drop_in.sql' with { type: 'text' }
import blackouts from '#migrations/0004_blackouts.sql' with { type: 'text' }
import sizes from '#migrations/0005_sizes.sql' with { type: 'text' }
import boots from '#migrations/0006_boots.sql' with { type: 'text' }
import identity from '#migrations/0007_identity.sql' with { type: 'text' }
import bodies from '#migrations/0008_bodies.sql' with { type: 'text' }
import accounts from '#migrations/0009_accounts.sql' with { type: 'text' }
import lifecycle from '#migrations/0010_lifecycle.sql' with { type: 'text' }
import pings from '#migrations/0011_pings.sql' with { type: 'text' }
import threads from '#migrations/0012_threads.sql' with { type: 'text' }
import acknowledgedVia from '#migrations/0013_acknowledged_via.sql' with { type: 'text' }
import messages from '#migrations/0014_messages.sql' with { type: 'text' }
import channelScope from '#migrations/0015_channel_scope.sql' with { type: 'text' }
import confirmations from '#migrations/0016_confirmations.sql' with { type: 'text' }
import outbox from '#migrations/0017_outbox.sql' with { type: 'text' }
import groups from '#migrations/0018_groups.sql' with { type: 'text' }
import programOutput from '#migrations/0019_program_output.sql' with { type: 'text' }
import notices from '#migrations/0020_notices.sql' with { type: 'text' }
import alertRules from '#migrations/0021_alert_rules.sql' with { type: 'text' }
import maintenance from '#migrations/0022_maintenance.sql' with { type: 'text' }
import channelRules from '#migrations/0023_channel_rules.sql' with { type: 'text' }
import grouping from '#migrations/0024_grouping.sql' with { type: 'text' }
import jobEvents from '#migrations/0025_job_events.sql' with { type: 'text' }
import warningMails from '#migrations/0026_warning_mails.sql' with { type: 'text' }
import drills from '#migrations/0027_drills.sql' with { type: 'text' }
import type { Reader, Tx } from './database.ts'

interface Migration {
  version: number
  name: string
  sql: string
}

interface AppliedRow {
  version: number
  name: string
  checksum: string
}

/** Every file of `migrations/`, in order. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: '0001_init', sql: init },
  { version: 2, name: '0002_web', sql: web },
  { version: 3, name: '0003_drop_in', sql: dropIn },
  { version: 4, name: '0004_blackouts', sql: blackouts },
  { version: 5, name: '0005_sizes', sql: sizes },
  { version: 6, name: '0006_boots', sql: boots },
  { version: 7, name: '0007_identity', sql: identity },
  { version: 8, name: '0008_bodies', sql: bodies },
  { version: 9, name: '0009_accounts', sql: accounts },
  { version: 10, name: '0010_lifecycle', sql: lifecycle },
  { version: 11, name: '0011_pings', sql: pings },
  { version: 12, name: '0012_threads', sql: threads },
  { version: 13, name: '0013_acknowledged_via', sql: acknowledgedVia },
  { version: 14, name: '0014_messages', sql: messages },
  { version: 15, name: '0015_channel_scope', sql: channelScope },
  { version: 16, name: '0016_confirmations', sql: confirmations },
  { version: 17, name: '0017_outbox', sql: outbox },
  { version: 18, name: '0018_groups', sql: groups },
  { version: 19, name: '0019_program_output', sql: programOutput },
  { version: 20, name: '0020_notices', sql: notices },
  { version: 21, name: '0021_alert_rules', sql: alertRules },
  { version: 22, name: '0022_maintenance', sql: maintenance },
  { version: 23, name: '0023_channel_rules', sql: channelRules },
  { version: 24, name: '0024_grouping', sql: grouping },
  { version: 25, name: '0025_job_events', sql: jobEvents },
  { version: 26, name: '0026_warning_mails', sql: warningMails },
  { version: 27, name: '0027_drills', sql: drills },
]

/** The names of pending migrations. Throws when the database is newer than this version, or its migrations differ. */
export function pendingMigrations(db: Reader): string[] {
  const applied = appliedMigrations(db)
  for (const row of applied) checkApplied(row)
  return MIGRATIONS.filter(({ version }) => !applied.some((row) => row.version === version)).map(({ name }) => name)
}

/** Applies one migration, completely or not at all. `onStep` gets the name of each step that may take long. */
export function applyMigration(tx: Tx, name: string, onStep: (step: string) => void = () => {}): void {
  const migration = MIGRATIONS.find((candidate) => candidate.name === name)
  if (!migration) throw new Error(`There is no migration ${name}.`)
  for (const { step, sql } of stepsOf(migration.sql)) {
    if (step !== null) onStep(step)
    tx.runScript(sql)
  }
  tx.run('INSERT INTO migrations (version, name, checksum, applied_at) VALUES ($version, $name, $checksum, $now)', {
    version: migration.version,
    name: migration.name,
    checksum: sha256Hex(migration.sql),
    now: tx.now,
  })
}

// A line like "-- Step: copying the pings" begins each step but the first.
function stepsOf(script: string): { step: string | null; sql: string }[] {
  const [first = '', ...rest] = script.split(/^-- Step: (.+)$/m)
  const steps: { step: string | null; sql: string }[] = [{ step: null, sql: first }]
  for (let index = 0; index < rest.length; index += 2)
    steps.push({ step: rest[index] ?? '', sql: rest[index + 1] ?? '' })
  return steps
}

export const CREATE_MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL CHECK (length(checksum) = 64),
    applied_at INTEGER NOT NULL
  ) STRICT`

export function createMigrationsTable(tx: Tx): void {
  tx.run(CREATE_MIGRATIONS_TABLE)
}

/** When this database was created. Null for an empty one. */
export function findInstalledAt(db: Reader): number | null {
  return db.get<{ at: number | null }>('SELECT min(applied_at) AS at FROM migrations')?.at ?? null
}

export function schemaVersion(db: Reader): number {
  return Math.max(0, ...appliedMigrations(db).map(({ version }) => version))
}

function appliedMigrations(db: Reader): AppliedRow[] {
  const table = db.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'")
  if (table === null) return []
  return db.all<AppliedRow>('SELECT version, name, checksum FROM migrations ORDER BY version')
}

function checkApplied({ version, name, checksum }: AppliedRow): void {
  const known = MIGRATIONS.find((migration) => migration.version === version)
  if (!known) {
    throw new AppError(
      'conflict',
      `A newer version of CronGuard created this database (schema ${version}). Install that version, or restore a ` +
        'backup.',
    )
  }
  if (sha256Hex(known.sql) !== checksum) {
    throw new AppError(
      'conflict',
      `Migration ${name} in this database differs from that of this version. Use the version that created the ` +
        'database.',
    )
  }
}
