import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StorageRefusedError } from '#lib/errors.ts'
import { type Db, openDatabase, type Tx } from '#store/database.ts'
import { fakeClock } from '../support/clock.ts'
import { mount, unmount, whyNoDisk } from '../support/disk.ts'

const why = whyNoDisk()

describe.skipIf(why !== null)(`On a full disk${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string
  let disk: string
  let small: Db

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-disk-'))
    disk = join(folder, 'disk')
    mount(disk, 2_000_000)
    small = openDatabase({ path: join(disk, 'cronguard.db'), clock: fakeClock(), busyTimeoutMs: 100 })
    small.write((tx) => tx.runScript('CREATE TABLE jobs (name TEXT NOT NULL, body BLOB NOT NULL) STRICT'))
  })
  afterEach(() => {
    small.close()
    unmount(disk)
    rmSync(folder, { recursive: true, force: true })
  })

  const BODY = new Uint8Array(100_000)
  const ballast = () => join(disk, 'ballast')
  const keep =
    (name: string, body = BODY) =>
    (tx: Parameters<Parameters<Db['write']>[0]>[0]) =>
      tx.run('INSERT INTO jobs (name, body) VALUES ($name, $body)', { name, body })
  const kept = () => small.all<{ name: string }>('SELECT name FROM jobs').map(({ name }) => name)

  test('a write is refused and keeps nothing, and works again when there is space', () => {
    small.write(keep('backup'))
    writeFileSync(ballast(), new Uint8Array(1_500_000))
    expect(() => small.write((tx) => Array.from({ length: 10 }, (_, n) => keep(`big-${n}`)(tx)))).toThrow(
      StorageRefusedError,
    )
    expect(kept()).toEqual(['backup'])
    rmSync(ballast())
    small.write(keep('billing'))
    expect(kept()).toEqual(['backup', 'billing'])
  })

  test('a group is refused as a whole, and works again when there is space', async () => {
    await small.writeGrouped(keep('backup'))
    writeFileSync(ballast(), new Uint8Array(1_500_000))
    const group = [
      small.writeGrouped(keep('small', new Uint8Array(1))),
      ...Array.from({ length: 10 }, (_, n) => small.writeGrouped(keep(`big-${n}`))),
      small.writeGrouped(keep('small too', new Uint8Array(1))),
    ]
    const results = await Promise.allSettled(group)
    expect(results.map(({ status }) => status)).toEqual(group.map(() => 'rejected'))
    for (const result of results) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(StorageRefusedError)
    }
    expect(kept()).toEqual(['backup'])
    rmSync(ballast())
    await small.writeGrouped(keep('billing'))
    expect(kept()).toEqual(['backup', 'billing'])
  })

  test('a group is refused as a whole when the disk fills up in the middle', async () => {
    // More than SQLite keeps in memory, so it is written to the disk before the commit.
    const huge = (tx: Tx) => {
      for (let n = 0; n < 500; n += 1) keep(`huge-${n}`)(tx)
    }
    const group = [small.writeGrouped(keep('backup')), small.writeGrouped(huge), small.writeGrouped(keep('billing'))]
    for (const result of await Promise.allSettled(group)) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(StorageRefusedError)
    }
    expect(kept()).toEqual([])
    await small.writeGrouped(keep('billing'))
    expect(kept()).toEqual(['billing'])
  })
})
