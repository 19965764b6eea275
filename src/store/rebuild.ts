// Rebuilds a database of unknown origin: it copies only the rows of CronGuard's own tables into a new one.
import { Database, SQLiteError } from 'bun:sqlite'
import { UnusableDatabaseError } from './backup.ts'
import { TEMP_STORE_IN_MEMORY } from './database.ts'
import { CREATE_MIGRATIONS_TABLE, MIGRATIONS } from './migrations.ts'

/**
 * Creates the schema in an empty file and copies the rows of CronGuard's tables into it. Other tables and columns,
 * triggers and views are ignored and never run. The caller has checked the migrations. Throws `UnusableDatabaseError`.
 */
export function rebuildDatabase({ from, to }: { from: string; to: string }): void {
  const database = new Database(to, { readwrite: true, create: true, strict: true })
  try {
    database.run(`${TEMP_STORE_IN_MEMORY}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON`)
    database.run('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = OFF')
    database.query('ATTACH $from AS source').run({ from })
    database.run('BEGIN')
    makeSchema(database)
    const tables = tablesOf(database)
    for (const table of tables) copyRows(database, table)
    copySequences(database, tables)
    database.run('COMMIT')
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
    throw new UnusableDatabaseError(`The database has invalid content: ${error.message.slice(0, 200)}.`)
  } finally {
    database.close()
  }
}

function makeSchema(database: Database): void {
  requireColumns(database, { table: 'migrations', columns: ['version'] })
  const applied = database.query<{ version: number }, []>('SELECT version FROM source.migrations').all()
  database.run(CREATE_MIGRATIONS_TABLE)
  for (const { version, sql } of MIGRATIONS) if (applied.some((row) => row.version === version)) database.run(sql)
}

function tablesOf(database: Database): string[] {
  return database
    .query<{ name: string }, []>(
      `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .all()
    .map(({ name }) => name)
}

// The names come from CronGuard's own schema. NOT INDEXED keeps the order of the rows.
function copyRows(database: Database, table: string): void {
  const columns = columnsOf(database, { table, schema: 'main' })
  requireColumns(database, { table, columns })
  const list = columns.map((name) => `"${name}"`).join(', ')
  database.run(`DELETE FROM main."${table}"`)
  database.run(`INSERT INTO main."${table}" (${list}) SELECT ${list} FROM source."${table}" NOT INDEXED`)
}

// Copies the AUTOINCREMENT counters, so that no id is used twice.
function copySequences(database: Database, tables: string[]): void {
  database.run('DELETE FROM main.sqlite_sequence')
  database
    .query(
      `INSERT INTO main.sqlite_sequence (name, seq)
       SELECT name, seq FROM source.sqlite_sequence WHERE name IN (SELECT value FROM json_each($tables))`,
    )
    .run({ tables: JSON.stringify(tables) })
}

/** Requires a real table with these columns, not a view, a virtual table or generated columns. */
function requireColumns(database: Database, { table, columns }: { table: string; columns: string[] }): void {
  const found = database
    .query<{ sql: string }, { table: string }>(
      "SELECT sql FROM source.sqlite_schema WHERE type = 'table' AND name = $table",
    )
    .get({ table })
  const isReal = found !== null && /^CREATE TABLE\b/i.test(found.sql)
  const has = isReal ? columnsOf(database, { table, schema: 'source' }) : []
  if (columns.every((column) => has.includes(column))) return
  throw new UnusableDatabaseError(`The table "${table}" is missing or differs from CronGuard's.`)
}

function columnsOf(database: Database, of: { table: string; schema: 'main' | 'source' }): string[] {
  return database
    .query<{ name: string; hidden: number }, typeof of>('SELECT name, hidden FROM pragma_table_xinfo($table, $schema)')
    .all(of)
    .filter(({ hidden }) => hidden === 0)
    .map(({ name }) => name)
}
