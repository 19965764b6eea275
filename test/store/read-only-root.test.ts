// A container with a read-only root: only the data folder is writable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

/** A mount namespace in which all folders but one are read-only. Exits with 77 if it cannot be created. */
const ENTER = `
  mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro / || exit 77
  for folder in /tmp /var/tmp /usr/tmp; do
    mount -o remount,bind,ro "$folder" 2>/dev/null
    if touch "$folder/cronguard-test" 2>/dev/null; then exit 77; fi
  done
  shift; exec "$@"`

const SCRIPT = `
  const { openDatabase } = await import('#store/database.ts')
  const { openReadOnly } = await import('#store/read-only.ts')
  const { copyDatabase } = await import('#store/backup.ts')
  const { migrate } = await import('#actions/schema.ts')
  const { systemClock: clock } = await import('#lib/clock.ts')
  const path = process.env.FOLDER + '/cronguard.db'
  const db = openDatabase({ path, clock, busyTimeoutMs: 100 })
  migrate(db)
  const sorted = \`WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000)
    SELECT hex(randomblob(100)) AS x FROM numbers ORDER BY x LIMIT 1 OFFSET 199000\`
  db.get(sorted)
  openReadOnly(path, (reader) => reader.get(sorted))
  console.log(copyDatabase({ from: path, to: process.env.FOLDER + '/copy.db' }).schema > 0)
  db.close()`

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-read-only-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('With a read-only root file system', () => {
  test('large sorts and backups work', async () => {
    const command = ['unshare', '--mount', 'sh', '-c', ENTER, 'enter', folder, process.execPath, '-e', SCRIPT]
    const { exitCode, stdout, stderr } = await execute(command, { cwd: ROOT, env: { FOLDER: folder } })
    if (exitCode === 77) return console.log(`Skipped: the namespace cannot be created. ${stderr.trim()}`)
    expect([exitCode, stdout.trim(), stderr]).toEqual([0, 'true', ''])
  }, 20_000)
})
