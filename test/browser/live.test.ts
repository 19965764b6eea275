import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { eventually } from '../support/binary.ts'
import { ADA, CHROMIUM } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'
import { keepPinging } from '../support/job.ts'

const NO_BROWSER = CHROMIUM === null

let browserUser: BrowserUser

describe.skipIf(NO_BROWSER)(`Live page${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    browserUser = await BrowserUser.open()
  }, 60_000)

  afterAll(() => browserUser?.close())

  test('moves a monitor when its status changes, and adds one that is created elsewhere', async () => {
    const { page, context } = await browserUser.signedIn()
    const backup = await browserUser.newMonitor('zz-backup')
    await browserUser.newMonitor('aa-report')
    await row(page, 'zz-backup').waitFor()
    await row(page, 'aa-report').waitFor()
    expect(await names(page)).toEqual(['aa-report', 'zz-backup'])
    await fetch(`${backup.ping_url}/fail`)
    await row(page, 'zz-backup').locator('.status-down').waitFor()
    expect(await names(page)).toEqual(['zz-backup', 'aa-report'])
    expect(await page.title()).toStartWith('(1 down) ')
    await fetch(backup.ping_url)
    await row(page, 'zz-backup').locator('.status-up').waitFor()
    expect(await page.title()).toStartWith('Monitors')
    await browserUser.cronguard.api(`/checks/${backup.uuid}`, { key: browserUser.key, method: 'DELETE' })
    await row(page, 'zz-backup').waitFor({ state: 'detached' })
    await context.close()
  }, 30_000)

  test('shows changes by a command, in the list and on the page of the monitor', async () => {
    const list = await browserUser.signedIn()
    const { uuid } = await browserUser.newMonitor('by-command')
    await row(list.page, 'by-command').click()
    await list.page.getByRole('heading', { name: 'by-command' }).waitFor()
    const other = await list.context.newPage()
    await other.goto('/')
    await row(other, 'by-command').locator('.status-new').waitFor()
    await browserUser.cronguard.run(['monitor', 'pause', ADA.email, uuid])
    await list.page.locator('.status-paused').first().waitFor()
    await row(other, 'by-command').locator('.status-paused').waitFor()
    await browserUser.cronguard.run(['monitor', 'rm', ADA.email, uuid, '--yes'])
    await row(other, 'by-command').waitFor({ state: 'detached' })
    await list.page.getByRole('heading', { name: 'Not found' }).waitFor()
    await list.context.close()
  }, 30_000)

  test('shows the preview of the last schedule, even if the answers are slow', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.keyboard.press('n')
    await page.route(/schedule-preview/, async (route) => {
      await Bun.sleep(700)
      await route.continue()
    })
    for (const [label, text] of [
      ['Schedule', 'every 2 hours'],
      ['Grace period optional', '7'],
      ['Grace period optional', '8'],
      ['Grace period optional', '9'],
    ] as const) {
      const requested = page.waitForRequest(/schedule-preview/)
      await page.getByLabel(label, { exact: true }).fill(text)
      await requested
    }
    await page.getByLabel('Schedule', { exact: true }).fill('every 3 hours')
    await page.getByText('Expected every 3 hours, with a grace period of 9 minutes').waitFor()
    await context.close()
  }, 30_000)

  test('keeps the search, and what is typed meanwhile', async () => {
    const { page, context } = await browserUser.signedIn()
    const backup = await browserUser.newMonitor('search-me')
    await page.keyboard.press('/')
    await page.keyboard.type('search')
    await page.waitForURL(/q=search/)
    expect(await names(page)).toEqual(['search-me'])
    await page.keyboard.type('-me')
    await fetch(`${backup.ping_url}/fail`)
    await row(page, 'search-me').locator('.status-down').waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('search-me')
    await page.reload()
    expect(await names(page)).toEqual(['search-me'])
    await context.close()
  }, 30_000)

  test('updates a sorted list while another monitor is busy', async () => {
    const { page, context } = await browserUser.signedIn()
    const busy = await browserUser.newMonitor('busy')
    const quiet = await browserUser.newMonitor('quiet')
    await page.goto('/?sort=name')
    const job = keepPinging([busy.ping_url], 150)
    await row(page, 'busy').locator('.status-up').waitFor()
    await fetch(`${quiet.ping_url}/fail`)
    await row(page, 'quiet').locator('.status-down').waitFor()
    await job.stop()
    await context.close()
  }, 30_000)

  test('shows in its title that the session ended, also in the background, and leads to the sign-in', async () => {
    const { page, context, complaints } = await browserUser.signedIn()
    await page.clock.install()
    await page.reload()
    await setHidden(page, true)
    await context.route('**/counts', (route) => route.fulfill({ contentType: 'text/html', body: '<p>Proxy</p>' }))
    await pollInBackground(page)
    await context.unroute('**/counts')
    await page.request.post('/logout', { headers: { Origin: browserUser.cronguard.url } })
    await pollInBackground(page)
    await eventually('the title "Signed out"', async () => (await page.title()) === 'Signed out · CronGuard')
    await setHidden(page, false)
    await page.waitForURL(/\/login/)
    expect(complaints.filter((complaint) => !complaint.includes('401'))).toEqual([])
    await context.close()
  }, 30_000)

  test('polls for changes without the event stream', async () => {
    const { page, context } = await browserUser.signedIn()
    await context.route('**/events?*', (route) => route.abort())
    const backup = await browserUser.newMonitor('behind-a-proxy')
    await page.reload()
    await fetch(backup.ping_url)
    await row(page, 'behind-a-proxy').locator('.status-up').waitFor({ timeout: 25_000 })
    await context.close()
  }, 60_000)

  test('reconnects after a server restart and shows the missed changes', async () => {
    const { page, context } = await browserUser.signedIn()
    const backup = await browserUser.newMonitor('over-a-restart')
    await row(page, 'over-a-restart').waitFor()
    const stoppedAt = performance.now()
    expect(await browserUser.cronguard.end('SIGTERM')).toBe(0)
    expect(performance.now() - stoppedAt).toBeLessThan(4000)
    await page.getByText("CronGuard can't be reached").waitFor({ timeout: 25_000 })
    expect(await page.title()).toStartWith('(offline)')
    await browserUser.cronguard.start()
    await fetch(backup.ping_url)
    await row(page, 'over-a-restart').locator('.status-up').waitFor({ timeout: 40_000 })
    await page.getByText("CronGuard can't be reached").waitFor({ state: 'hidden' })
    await context.close()
  }, 120_000)
})

/** Hides the tab behind another one, or shows it again. */
function setHidden(page: Page, isHidden: boolean): Promise<unknown> {
  return page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))`)
}

async function pollInBackground(page: Page): Promise<void> {
  const answered = page.waitForResponse(/\/counts$/)
  await page.clock.fastForward(31_000)
  await answered
}

function row(page: Page, name: string) {
  return page.locator('.monitor', { hasText: name })
}

function names(page: Page): Promise<string[]> {
  return page.locator('.monitor-name').allTextContents()
}
