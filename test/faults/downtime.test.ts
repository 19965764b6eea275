// CronGuard is offline for three hours; two hundred jobs continue meanwhile, or die.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { FakeClock, whyNoFakeClock } from '../support/fake-clock.ts'
import { firstUser, keepPinging, monitorOf } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const MONITORS = 200
const AWAY_SECONDS = 3 * 3600
const GRACE_SECONDS = 3
/** From a few seconds to a week; those of more than three hours are not due yet. */
const PERIODS = [5, 60, 300, 900, 3600, 7200, 14_400, 86_400, 604_800]
const why = whyNoFakeClock()

interface Job {
  name: string
  url: string
  isAlive: boolean
  wasDue: boolean
}

describe.skipIf(why !== null)(`After three hours of downtime${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string
  let clock: FakeClock
  let cronguard: Binary
  let receiver: ReturnType<typeof startHttpReceiver>
  const jobs: Job[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-downtime-'))
    clock = new FakeClock(folder)
    cronguard = await Binary.prepare(clock.env, folder)
    receiver = startHttpReceiver()
    await cronguard.start()
    const { key } = await firstUser(cronguard)
    const settings = { url: `${receiver.url}/hook` }
    await cronguard.api('/channels/', { key, body: { kind: 'webhook', name: 'hook', settings } })
    for (let index = 0; index < MONITORS; index++) {
      const timeout = PERIODS[index % PERIODS.length] ?? 60
      const isAlive = Math.floor(index / PERIODS.length) % 2 === 0
      const name = `${isAlive ? 'alive' : 'dead'} ${index}, every ${timeout} s`
      const { url } = await monitorOf(cronguard, { key, name, timeout, grace: GRACE_SECONDS })
      jobs.push({ name, url, isAlive, wasDue: timeout < AWAY_SECONDS })
    }
    await Promise.all(jobs.map(({ url }) => fetch(url)))
    await cronguard.end('SIGKILL')
    clock.set(AWAY_SECONDS)
    await cronguard.start()
  }, 60_000)

  afterAll(async () => {
    await cronguard.dispose()
    receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const messages = () => receiver.received.map(({ body }) => JSON.parse(body))
  const down = () =>
    messages()
      .filter(({ status }) => status === 'down')
      .map(({ monitor_name: name }) => name)
      .sort()

  test('live jobs cause no alert, and every dead job that was due does', async () => {
    const alive = keepPinging(
      jobs.filter(({ isAlive, wasDue }) => isAlive && wasDue).map(({ url }) => url),
      500,
    )
    const dead = jobs.filter(({ isAlive, wasDue }) => !isAlive && wasDue).map(({ name }) => name)
    await eventually('every dead job', () => down().length >= dead.length, 30_000)
    await Bun.sleep(2000)
    await alive.stop()
    expect(down()).toEqual(dead.sort())
    const blind = messages().filter(({ status }) => status === 'blind')
    expect(blind).toHaveLength(1)
    expect(blind[0].blackout.monitors_spared).toBe(jobs.filter(({ wasDue }) => wasDue).length)
  }, 60_000)
})
