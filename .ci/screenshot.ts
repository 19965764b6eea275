// Takes the README's picture of the dashboard, from the compiled executable with a month of made-up jobs.
// `bun .ci/screenshot.ts` writes assets/docs/images/dashboard.png; it needs Chromium.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { Binary } from '../test/support/binary.ts'
import { ADA, launch, newPerson, signIn } from '../test/support/browser.ts'
import { TestGuard } from '../test/support/cronguard.ts'

const PICTURE = join(import.meta.dir, '../assets/docs/images/dashboard.png')
const DAYS = 31
const NOW = Date.now()

interface Job {
  check: Record<string, unknown>
  everyMs: number
  /** How long ago its newest run ended. */
  endedMs: number
  runMs: number
  /** What its newest run reported; success unless it says otherwise. */
  last?: '/fail' | '/2' | '/start'
}

const JOBS: readonly Job[] = [
  job('postgres-dump', { timeout: 21_600, tags: 'db prod' }, 6 * HOUR, 40 * MINUTE, 9 * MINUTE, '/2'),
  job('offsite-copy', { timeout: 86_400, tags: 'backup' }, DAY, DAY + 12 * MINUTE, 48 * MINUTE),
  job('nightly-backup', { timeout: 86_400, tags: 'backup prod' }, DAY, 7 * HOUR, 14 * MINUTE),
  job('sync-inventory', { timeout: 300, tags: 'shop' }, 5 * MINUTE, 2 * MINUTE, 20_000),
  job('invoice-mailer', { timeout: 43_200, tags: 'shop billing' }, 12 * HOUR, 3 * HOUR, 4 * MINUTE),
  job('certbot-renew', { timeout: 43_200, tags: 'infra' }, 12 * HOUR, 5 * HOUR, MINUTE),
  job('search-reindex', { timeout: 86_400, tags: 'shop' }, DAY, 9 * HOUR, 26 * MINUTE),
  job('currency-rates', { timeout: 3600, tags: 'billing' }, HOUR, 31 * MINUTE, 5000),
  job('cleanup-tmp', { timeout: 3600, tags: 'infra' }, HOUR, 12 * MINUTE, MINUTE),
  job('warehouse-export', { timeout: 43_200, tags: 'shop' }, 6 * HOUR, 6 * MINUTE, 20 * MINUTE, '/start'),
]

function job(name: string, check: object, everyMs: number, endedMs: number, runMs: number, last?: Job['last']): Job {
  return {
    check: { name, slug: name, grace: 3600, channels: '*', ...check },
    everyMs,
    endedMs,
    runMs,
    ...(last && { last }),
  }
}

interface Ping {
  at: number
  key: string
  ending: string
}

function pingsOf({ everyMs, endedMs, runMs, last = undefined }: Job, key: string): Ping[] {
  const count = Math.min(30, Math.floor((DAYS * DAY - endedMs) / everyMs))
  return Array.from({ length: count }, (_, index) => {
    const runs = count - 1 - index
    // A quarter longer or shorter, always the same.
    const tookMs = runMs * (0.75 + ((index * 37) % 50) / 100)
    const end = NOW - endedMs - runs * everyMs
    const isLast = runs === 0
    const start = { at: end - tookMs, key, ending: '/start' }
    return isLast && last === '/start' ? [start] : [start, { at: end, key, ending: (isLast && last) || '' }]
  }).flat()
}

async function fillDatabase(folder: string): Promise<void> {
  mkdirSync(join(folder, 'data'))
  const guard = new TestGuard({ path: join(folder, 'data/cronguard.db') })
  guard.clock.set(NOW - DAYS * DAY)
  const project = guard.project(ADA.email)
  guard.mailTo(project, ADA.email)
  const headers = { 'X-Api-Key': guard.apiKey(project) }
  const pings: Ping[] = []
  for (const one of JOBS) {
    const response = await guard.request('/api/v3/checks/', {
      method: 'POST',
      headers,
      body: JSON.stringify(one.check),
    })
    const { ping_url } = (await response.json()) as { ping_url: string }
    pings.push(...pingsOf(one, ping_url.split('/').at(-1) ?? ''))
  }
  for (const { at, key, ending } of pings.toSorted((a, b) => a.at - b.at)) {
    guard.clock.set(at)
    await guard.request(`/ping/${key}${ending}`)
    await guard.tick()
  }
  guard.clock.set(NOW)
  await guard.tick()
  guard.stop()
}

const folder = mkdtempSync(join(tmpdir(), 'cronguard-screenshot-'))
await fillDatabase(folder)
const cronguard = await Binary.prepare({ CRONGUARD_SMTP_HOST: 'mail.example.com' }, folder)
await cronguard.run(['user', 'reset-password', ADA.email, '--password-stdin'], { input: ADA.password })
await cronguard.start()
const browser = await launch()
const { page } = await newPerson(browser, cronguard.url, { width: 1280, scheme: 'light' })
await page.setViewportSize({ width: 1280, height: 650 })
await signIn(page)
await page.screenshot({ path: PICTURE })
await browser.close()
await cronguard.dispose()
