// The clock of the machine is set while a real process runs.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually } from '../support/binary.ts'
import { FakeClock, whyNoFakeClock } from '../support/fake-clock.ts'
import { firstUser, keepPinging, monitorOf } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const why = whyNoFakeClock()

describe.skipIf(why !== null)(`When the clock is set${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string
  let clock: FakeClock
  let cronguard: Binary
  let key: string
  let receiver: ReturnType<typeof startHttpReceiver>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-clock-'))
    clock = new FakeClock(folder)
    cronguard = await Binary.prepare(clock.env, folder)
    receiver = startHttpReceiver()
    await cronguard.start()
    key = (await firstUser(cronguard)).key
    const settings = { url: `${receiver.url}/hook` }
    await cronguard.api('/channels/', { key, body: { kind: 'webhook', name: 'hook', settings } })
  })

  afterAll(async () => {
    await cronguard.dispose()
    receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const namesWith = (status: string): string[] =>
    receiver.received
      .map(({ body }) => JSON.parse(body))
      .filter((message) => message.status === status)
      .map((message) => message.monitor_name)

  // A day forward, then a day back: the second step begins where the first one ended.
  test.each([
    ['an hour ahead', HOUR],
    ['an hour back', 0],
    ['a day ahead', DAY],
    ['a day back', 0],
  ])(
    '%s: a live job causes no alert, and a dead one does',
    async (leap, seconds) => {
      const [alive, dead] = await Promise.all(
        ['alive', 'dead'].map((what) => monitorOf(cronguard, { key, name: `${what}, ${leap}`, timeout: 2, grace: 2 })),
      )
      const rare = await monitorOf(cronguard, { key, name: `alive but rare, ${leap}`, timeout: 600, grace: 2 })
      await fetch(rare.url)
      const job = keepPinging([alive?.url ?? ''], 300)
      await fetch(dead?.url ?? '')
      await Bun.sleep(500)
      clock.set(seconds)
      await eventually('the dead job', () => namesWith('down').includes(`dead, ${leap}`), 15_000)
      await Bun.sleep(1500)
      await job.stop()
      expect(namesWith('down').filter((name) => name.startsWith('alive'))).toEqual([])
      // Later changes do not matter here.
      await cronguard.api(`/checks/${alive?.uuid}/pause`, { key, method: 'POST' })
    },
    30_000,
  )
})
