// A planned restart, and sixty jobs that do not retry: pings during the restart are lost.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Binary } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'

const MONITORS = 60
// For a longer run: PERIOD=20 GRACE=15 AWAY=13.
const PERIOD_MS = Number(process.env.PERIOD ?? 6) * 1000
const GRACE_MS = Number(process.env.GRACE ?? 5) * 1000
const AWAY_MS = Number(process.env.AWAY ?? 4) * 1000

describe('A restart', () => {
  let cronguard: Binary
  const urls: string[] = []

  beforeAll(async () => {
    cronguard = await Binary.prepare()
    await cronguard.start()
    const { key } = await firstUser(cronguard)
    for (let index = 0; index < MONITORS; index++) {
      const monitor = { key, name: `job ${index}`, timeout: PERIOD_MS / 1000, grace: GRACE_MS / 1000 }
      urls.push((await monitorOf(cronguard, monitor)).url)
    }
  }, 60_000)

  afterAll(() => cronguard.dispose())

  test('causes no false alert for jobs whose ping was lost', async () => {
    const jobs = startJobs(urls)
    await Bun.sleep(PERIOD_MS + PERIOD_MS / 2)
    await cronguard.end('SIGTERM')
    await Bun.sleep(AWAY_MS)
    await cronguard.start()
    await Bun.sleep(2 * PERIOD_MS + GRACE_MS)
    const lost = jobs.stop()
    expect(lost).toBeGreaterThan(MONITORS / 4)
    expect(wentDown()).toEqual([])
  }, 120_000)

  const wentDown = () =>
    cronguard.withDatabase((database) =>
      database
        .query<{ name: string }, []>(
          "SELECT name FROM transitions JOIN monitors ON monitors.id = monitor_id WHERE to_status = 'down'",
        )
        .all()
        .map(({ name }) => name),
    )
})

/** Each job pings once per period at its own time, and never retries. `stop` returns the number of lost pings. */
function startJobs(urls: readonly string[]) {
  let lost = 0
  const ping = (url: string) => fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => (lost += 1))
  const timers: Timer[] = []
  for (const [index, url] of urls.entries()) {
    const begin = () => {
      void ping(url)
      timers.push(setInterval(() => void ping(url), PERIOD_MS))
    }
    timers.push(setTimeout(begin, (index * PERIOD_MS) / urls.length))
  }
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer)
      return lost
    },
  }
}
