// The database file is replaced or removed while CronGuard runs.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

let cronguard: Binary
let pingUrl: string

beforeEach(async () => {
  cronguard = await Binary.prepare()
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  pingUrl = (await monitorOf(cronguard, { key, name: 'backup', timeout: 3600, grace: 60 })).url
  expect((await fetch(pingUrl)).status).toBe(200)
})
afterEach(() => cronguard.dispose())

async function expectRefusal(): Promise<void> {
  const { status, headers } = await fetch(pingUrl)
  expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  await eventually('not to be ready', async () => (await fetch(`${cronguard.url}/readyz`)).status === 503)
  expect(await Bun.file(cronguard.logPath).text()).toContain('its file was replaced or removed; stop CronGuard')
}

const doctor = async () => (await cronguard.run(['doctor'])).stdout

test('A replaced database refuses pings, and the new one is used after a restart', async () => {
  const copy = `${cronguard.folder}/copy.db`
  expect((await cronguard.run(['backup', '--to', copy])).exitCode).toBe(0)
  const rooted = `${cronguard.databasePath}.copy`
  copyFileSync(copy, rooted)
  renameSync(rooted, cronguard.databasePath)
  await expectRefusal()
  expect(await cronguard.end('SIGTERM')).toBe(0)
  await cronguard.start()
  expect((await fetch(pingUrl)).status).toBe(200)
  expect(cronguard.withDatabase((database) => database.query('PRAGMA integrity_check').get())).toEqual({
    integrity_check: 'ok',
  })
}, 60_000)

test('A stop reports that the data folder was removed', async () => {
  rmSync(dirname(cronguard.databasePath), { recursive: true })
  await expectRefusal()
  await cronguard.end('SIGTERM')
  const log = await Bun.file(cronguard.logPath).text()
  expect(log).not.toContain('nothing is lost')
  expect(log).toContain('its data is lost unless you have a copy. Restore a backup before the next start')
}, 60_000)

test('A removed database refuses pings, and the doctor reports it', async () => {
  rmSync(cronguard.databasePath)
  await expectRefusal()
  expect(await doctor()).toMatch(
    /bad +database +The server is running, but \S+ is gone\. Stop it and restore a backup\./,
  )
}, 60_000)
