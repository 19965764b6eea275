// An open page: what a user sees, opened or typed stays, and is updated.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { CHROMIUM } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'

const NO_BROWSER = CHROMIUM === null

let browserUser: BrowserUser

describe.skipIf(NO_BROWSER)(`Open page${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    browserUser = await BrowserUser.open()
    await browserUser.newMonitor('first')
  }, 60_000)

  afterAll(() => browserUser?.close())

  test('keeps a notice while live updates arrive', async () => {
    const { page, context } = await browserUser.signedIn()
    await openMonitor(page, 'first')
    for (const name of ['Pause', 'Resume', 'Pause', 'Resume']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.locator('.notice').waitFor()
      // The server looks for changes four times in this second.
      await Bun.sleep(1000)
      expect(await page.locator('.notice').count()).toBe(1)
    }
    await context.close()
  }, 60_000)

  test('keeps details closed that the user closed', async () => {
    const { page, context } = await browserUser.signedIn()
    const { ping_url } = await browserUser.newMonitor('opened')
    await fetch(`${ping_url}/fail`)
    await openMonitor(page, 'opened')
    const incident = page.locator('details.incident').first()
    await incident.waitFor()
    expect(await isOpen(page)).toBe(true)
    await incident.locator('summary').first().click()
    await fetch(`${ping_url}/log`, { method: 'POST', body: 'a word' })
    await page.getByText('a word').first().waitFor()
    expect(await isOpen(page)).toBe(false)
    await context.close()
  }, 60_000)

  test('says that its monitor was deleted elsewhere', async () => {
    const { page, context } = await browserUser.signedIn()
    const { uuid } = await browserUser.newMonitor('deleted')
    await openMonitor(page, 'deleted')
    await browserUser.cronguard.api(`/checks/${uuid}`, { key: browserUser.key, method: 'DELETE' })
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
    await context.close()
  }, 60_000)

  test('says that its project was deleted elsewhere, and keeps the text in a form', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.goto('/projects/new')
    await page.getByLabel('Name').fill('short-lived')
    await page.locator('main form button[type=submit]').click()
    await page.getByRole('heading', { name: 'Monitors' }).waitFor()
    const project = new URL(page.url()).pathname
    await page.goto(`${project}/monitors/new`)
    await page.getByLabel('Name').fill('typed')
    const other = await context.newPage()
    await other.goto(project)
    browserUser.cronguard.withDatabase((database) =>
      database.run('DELETE FROM projects WHERE id = ?', [project.split('/').at(-1) ?? '']),
    )
    await other.getByRole('heading', { name: 'Not found' }).waitFor({ timeout: 40_000 })
    await page.bringToFront()
    await page.getByText('This project was deleted, or you no longer have access.').waitFor({ timeout: 40_000 })
    expect(await page.getByLabel('Name').inputValue()).toBe('typed')
    await context.close()
  }, 120_000)

  test('shows the meaning of a restored schedule after going back', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.keyboard.press('n')
    await page.getByLabel('Schedule', { exact: true }).fill('30 18 * * 1-5')
    await page.getByText('Monday to Friday at 18:30').first().waitFor()
    await page.getByRole('link', { name: 'cron expression', exact: true }).click()
    await page.waitForURL(/docs\/schedules/)
    await page.goBack()
    expect(await page.getByLabel('Schedule', { exact: true }).inputValue()).toBe('30 18 * * 1-5')
    await page.getByText('Monday to Friday at 18:30').first().waitFor()
    await context.close()
  }, 60_000)

  test('says that CronGuard cannot be reached when a test is sent', async () => {
    const { page, context } = await browserUser.signedIn()
    const settings = { url: 'http://127.0.0.1:9/hook' }
    await browserUser.cronguard.api('/channels/', {
      key: browserUser.key,
      body: { kind: 'webhook', name: 'hook', settings },
    })
    await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'Channels' }).click()
    await page.route(/test\/outcome/, (route) => route.abort())
    await page
      .getByRole('button', { name: /Send test/ })
      .first()
      .click()
    await page.getByText("CronGuard can't be reached. Try again.").waitFor()
    await context.close()
  }, 60_000)

  test('updates the badge, also without the event stream', async () => {
    const { page, context } = await browserUser.signedIn()
    const { ping_url } = await browserUser.newMonitor('badged')
    await fetch(ping_url)
    await context.route('**/events?*', (route) => route.abort())
    await openMonitor(page, 'badged')
    const before = await page.locator('img.badge').getAttribute('src')
    await fetch(`${ping_url}/fail`)
    await page.locator('main .status-down').first().waitFor({ timeout: 40_000 })
    expect(await page.locator('img.badge').getAttribute('src')).not.toBe(before)
    await context.close()
  }, 60_000)
})

async function openMonitor(page: Page, name: string): Promise<void> {
  await page.locator('.monitor-name', { hasText: name }).first().click()
  await page.getByRole('heading', { name, exact: true }).waitFor()
  await page.waitForLoadState('load')
}

function isOpen(page: Page): Promise<boolean> {
  return page.evaluate<boolean>("document.querySelector('details.incident').open")
}
