// Exports and backups on full and read-only disks.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Binary } from '../support/binary.ts'
import { mount, remount, unmount, whyNoDisk } from '../support/disk.ts'

const why = whyNoDisk()

describe.skipIf(why !== null)(`A full or read-only disk${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let cronguard: Binary
  let disk: string

  beforeEach(async () => {
    cronguard = await Binary.prepare()
    disk = join(cronguard.folder, 'disk')
  })
  afterEach(async () => {
    unmount(disk)
    unmount(join(cronguard.folder, 'data'))
    await cronguard.dispose()
  })

  test('export: a full disk leaves the older file unchanged, and the error says why', async () => {
    await cronguard.run(['user', 'create', 'alice@example.org'])
    for (let count = 0; count < 60; count++) {
      await cronguard.run(['monitor', 'add', 'alice@example.org', `job-${count}`])
    }
    mount(disk, 128 * 1024)
    const file = join(disk, 'export.json')
    expect((await cronguard.run(['export', file])).exitCode).toBe(0)
    const before = readFileSync(file, 'utf8')
    writeFileSync(join(disk, 'ballast'), 'x'.repeat(128 * 1024 - 2 * statSync(file).size))
    const { exitCode, stderr } = await cronguard.run(['export', file])
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/Cannot write .*: ENOSPC/)])
    expect(readFileSync(file, 'utf8')).toBe(before)
  }, 60_000)

  test('backup: works from a read-only disk, and the doctor reports it', async () => {
    const data = join(cronguard.folder, 'data')
    mount(data, 8_000_000)
    expect((await cronguard.run(['user', 'create', 'alice@example.org'])).exitCode).toBe(0)
    remount(data, 'ro')
    const copy = join(cronguard.folder, 'copy.db')
    expect(await cronguard.run(['backup', '--to', copy])).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await cronguard.run(['backup', 'verify', copy])).exitCode).toBe(0)
    const { exitCode, stdout } = await cronguard.run(['doctor'])
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/bad +access +CronGuard cannot write to the data folder: EROFS/),
    ])
  }, 60_000)
})
