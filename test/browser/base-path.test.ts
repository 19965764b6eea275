// A browser, and CronGuard below /cron behind a real proxy.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { Binary } from '../support/binary.ts'
import { CHROMIUM, createAda, launch, newPerson, type Person, signIn } from '../support/browser.ts'
import { Detour, type Passing } from '../support/detour.ts'

const NO_BROWSER = CHROMIUM === null
const NOTE = NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''

describe.skipIf(NO_BROWSER).each<Passing>(['whole', 'stripped'])(
  `Base path, passed on %s by the proxy${NOTE}`,
  (passing) => {
    let browser: Browser
    let cronguard: Binary
    let detour: Detour
    let ada: Person

    beforeAll(async () => {
      browser = await launch()
      detour = await Detour.open({ basePath: '/cron', passing, findTarget: () => cronguard.port })
      cronguard = await Binary.prepare({ CRONGUARD_BASE_URL: `${detour.origin}/cron` })
      await cronguard.start()
      await createAda(cronguard)
      ada = await newPerson(browser, detour.origin)
    }, 60_000)

    afterAll(async () => {
      await browser?.close()
      detour?.close()
      await cronguard?.dispose()
    })

    test('sign-in, a new monitor and live updates work', async () => {
      const { page } = ada
      await signIn(page, { path: '/cron/', heading: 'Monitor your first job' })
      const pingUrl = await createMonitor(page)
      expect(pingUrl).toStartWith(`${detour.origin}/cron/ping/`)
      expect(await (await fetch(pingUrl)).text()).toBe('OK')
      await page.locator('main .status-up').first().waitFor()
      await page.locator('img.badge').waitFor()

      await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'Monitors' }).click()
      await page.waitForURL(/\/cron\/projects\/[^/]+$/)
      await fetch(`${pingUrl}/fail`)
      await page.locator('.monitor .status-down').waitFor()
      await page.locator('#favicon[href^="/cron/assets/favicon-down"]').waitFor({ state: 'attached' })
    }, 60_000)

    test('search, links and forms lead to addresses below the base path', async () => {
      const { page } = ada
      await page.keyboard.press('/')
      await page.keyboard.type('back')
      await page.waitForURL(/\/cron\/projects\/.+q=back/)
      await page.locator('.monitor-name').first().click()
      await page.waitForURL(/\/cron\/monitors\/\w+$/)
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.locator('main .status-paused').first().waitFor()
      expect(page.url()).toMatch(/\/cron\/monitors\/\w+$/)
    }, 60_000)

    test('the font is loaded', async () => {
      expect(await ada.page.evaluate<string[]>('[...document.fonts].map((face) => face.status)')).toContain('loaded')
    })

    test('no request failed, and nothing violated the content security policy', () => {
      expect(detour.refused).toEqual([])
      expect(ada.complaints).toEqual([])
    })
  },
)

/** Returns the ping URL. */
async function createMonitor(page: Page): Promise<string> {
  await page.keyboard.press('n')
  await page.getByLabel('Name').fill('backup')
  await page.getByLabel('Schedule', { exact: true }).fill('every 5 minutes')
  await page.getByText(/Expected every 5 minutes/).waitFor()
  await page.getByRole('button', { name: /Create/ }).click()
  await page.waitForURL(/\/cron\/monitors\/\w+$/)
  return (await page.locator('#ping-url').textContent()) ?? ''
}
