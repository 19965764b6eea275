// The disk of a real process fills up, or is read-only.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { fill, mount, remount, unmount, whyNoDisk } from '../support/disk.ts'
import { firstUser, keepPinging, monitorOf } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const DISK_BYTES = 24_000_000
const why = whyNoDisk()

describe.skipIf(why !== null)(`On a disk that refuses${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string
  let data: string
  let cronguard: Binary
  let key: string
  let receiver: ReturnType<typeof startHttpReceiver>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-full-'))
    data = join(folder, 'data')
    mkdirSync(data)
    mount(data, DISK_BYTES)
    cronguard = await Binary.prepare({}, folder)
    receiver = startHttpReceiver()
    await cronguard.start()
    key = (await firstUser(cronguard)).key
    const settings = { url: `${receiver.url}/hook` }
    await cronguard.api('/channels/', { key, body: { kind: 'webhook', name: 'hook', settings } })
  })

  afterAll(async () => {
    await cronguard.end('SIGKILL')
    unmount(data)
    receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const statuses = () => receiver.received.map(({ body }) => JSON.parse(body).status)
  const answer = async (url: string) => {
    const response = await fetch(url, { method: 'POST', body: 'x'.repeat(9000) })
    return { status: response.status, retryAfter: response.headers.get('retry-after') }
  }
  test('that is full: pings get 503, no alert is sent, and CronGuard recovers by itself', async () => {
    const job = await monitorOf(cronguard, { key, name: 'full', timeout: 2, grace: 2 })
    expect(await answer(job.url)).toEqual({ status: 200, retryAfter: null })
    fill(join(data, 'ballast'), DISK_BYTES)
    const refused = await eventually('a refusal', async () => {
      const given = await answer(job.url)
      return given.status === 503 ? given : null
    })
    expect(refused.retryAfter).toBe('5')
    await eventually('the database to be known as failing', async () => !(await fetch(`${cronguard.url}/health`)).ok)
    await Bun.sleep(5000)
    rmSync(join(data, 'ballast'))
    const alive = keepPinging([job.url], 500)
    await eventually('health', async () => (await fetch(`${cronguard.url}/health`)).ok, 15_000)
    await Bun.sleep(2000)
    await alive.stop()
    expect(statuses()).toEqual([])
    await cronguard.api(`/checks/${job.uuid}/pause`, { key, method: 'POST' })
  }, 60_000)

  test('that is full: CronGuard does not start, and asks for space, not for another owner', async () => {
    await cronguard.end('SIGTERM')
    fill(join(data, 'ballast'), DISK_BYTES)
    for (const folder of [data, join(data, 'new')]) {
      const { exitCode, stderr } = await cronguard.run(['serve'], { env: { CRONGUARD_DATA_DIR: folder } })
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringContaining(`The disk with the data folder ${folder} is full`),
      ])
      expect(stderr).not.toMatch(/uid| {4}at /)
      expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
    }
    rmSync(join(data, 'ballast'))
    rmSync(join(data, 'new'), { recursive: true })
    await cronguard.start()
  }, 30_000)

  test('that is read-only: CronGuard does not start, says why, and starts when it is writable', async () => {
    await cronguard.end('SIGTERM')
    remount(data, 'ro')
    const { exitCode, stderr } = await cronguard.run(['serve'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`CronGuard cannot write to the data folder ${data}: the file system is read-only`)
    expect(stderr).not.toContain('    at ')
    remount(data, 'rw')
    await cronguard.start()
  }, 30_000)
})
