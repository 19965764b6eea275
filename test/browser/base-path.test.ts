// A person at a browser, and CronGuard below /cron behind a real proxy.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { Binary } from '../support/binary.ts'
import { CHROMIUM, createAda, launch, newPerson, type Person, signIn } from '../support/browser.ts'
import { Detour, type Passing } from '../support/detour.ts'

const NO_BROWSER = CHROMIUM === null
const NOTE = NO_BROWSER ? ' (skipped: no Chromium here)' : ''

describe.skipIf(NO_BROWSER).each<Passing>(['whole', 'stripped'])(
  `Below a base path that is passed on %s${NOTE}`,
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

    test('somebody signs in, makes a monitor, and sees it change', async () => {
      const { page } = ada
      await signIn(page, { path: '/cron/', heading: 'Monitor your first job' })
      const pingUrl = await makeMonitor(page)
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

    test('the search puts its address into the bar, a row leads to its page, and a form to the next one', async () => {
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

    test('the typeface is found', async () => {
      expect(await ada.page.evaluate<string[]>('[...document.fonts].map((face) => face.status)')).toContain('loaded')
    })

    test('nothing was asked for in vain, and nothing is against the policy', () => {
      expect(detour.refused).toEqual([])
      expect(ada.complaints).toEqual([])
    })
  },
)

/** Gives its ping URL. */
async function makeMonitor(page: Page): Promise<string> {
  await page.keyboard.press('n')
  await page.getByLabel('Name').fill('backup')
  await page.getByLabel('Schedule', { exact: true }).fill('every 5 minutes')
  await page.getByText(/Expected every 5 minutes/).waitFor()
  await page.getByRole('button', { name: /Create/ }).click()
  await page.waitForURL(/\/cron\/monitors\/\w+$/)
  return (await page.locator('#ping-url').textContent()) ?? ''
}
