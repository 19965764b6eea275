import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '../support/binary.ts'
import { CHROMIUM } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'

const NO_BROWSER = CHROMIUM === null

let browserUser: BrowserUser

describe.skipIf(NO_BROWSER)(`Pages${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    browserUser = await BrowserUser.open()
  }, 60_000)

  afterAll(() => browserUser?.close())

  test('Monitor page: a notice stays when a live update arrives', async () => {
    const { page, context } = await browserUser.signedIn()
    await browserUser.newMonitor('read-me')
    await page.getByRole('link', { name: 'read-me' }).click()
    await page.getByRole('heading', { name: 'read-me' }).waitFor()
    await page.evaluate(`window.rows = 0
      document.getElementById('live').addEventListener('row', () => { window.rows += 1 })`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('.notice').waitFor()
    await page.evaluate(`window.rows = 0
      document.getElementById('live').addEventListener('row', () => { window.rows += 1 })`)
    const { ping_url: url } = await browserUser.cronguard
      .api('/checks/', { key: browserUser.key })
      .then(({ checks }) => checks[0])
    await fetch(url)
    // Not `waitForFunction`, which the content security policy forbids.
    await eventually('a live update', async () => (await page.evaluate<number>('window.rows')) > 0)
    expect(await page.locator('.notice').isVisible()).toBe(true)
    await page.reload()
    expect(await page.locator('.notice').count()).toBe(0)
    await context.close()
  }, 30_000)

  test('Breadcrumbs: lead back to the filtered list', async () => {
    const { page, context } = await browserUser.signedIn()
    await browserUser.newMonitor('filter-me')
    await page.goto('/?q=filter&sort=name')
    await page.getByRole('link', { name: 'filter-me' }).click()
    await page.getByRole('heading', { name: 'filter-me' }).waitFor()
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.locator('.crumbs').getByRole('link', { name: 'Monitors' }).click()
    await page.waitForURL(/\?q=filter&sort=name$/)
    expect(await page.locator('.monitor-name').allTextContents()).toEqual(['filter-me'])
    await context.close()
  }, 30_000)

  test('Monitor form: suggests meanings of an ambiguous schedule, and a name from a crontab line', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.keyboard.press('n')
    const schedule = page.getByLabel('Schedule', { exact: true })
    await schedule.fill('21h')
    await page.getByText('"21h" can mean two things.').waitFor()
    await page.getByRole('button', { name: 'every day at 21:00' }).click()
    await page.getByText('Expected every day at 21:00').waitFor()
    await schedule.fill('0 3 * * * root /usr/local/bin/backup.sh --all')
    await page.getByRole('button', { name: 'Use “backup.sh” as the name' }).click()
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('backup.sh')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'backup.sh' }).waitFor()
    await context.close()
  }, 30_000)

  test('Monitor form: a suggestion works although the preview is updated while it is pressed', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.keyboard.press('n')
    await page.getByLabel('Schedule', { exact: true }).fill('21h')
    await page.getByRole('button', { name: 'every day at 21:00' }).hover()
    const answer = page.waitForResponse(/schedule-preview/)
    await page.mouse.down()
    await (await answer).finished()
    await page.evaluate('new Promise((done) => setTimeout(done, 200))')
    await page.mouse.up()
    await page.getByText('Expected every day at 21:00').waitFor()
    await context.close()
  }, 30_000)

  test('Monitor form: warns that /fail is ignored if the body decides', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.keyboard.press('n')
    await page.getByText('Advanced').click()
    const warning = page.getByText('A ping to /fail, or with an exit status, is ignored')
    expect(await warning.isVisible()).toBe(false)
    await page.getByLabel('Search the body of HTTP requests').check()
    expect(await warning.isVisible()).toBe(true)
    await page.getByLabel('Count pings without keywords as failures').check()
    expect(await warning.isVisible()).toBe(false)
    await context.close()
  }, 30_000)

  test('Clock: never shows "0 seconds overdue"', async () => {
    const { page, context } = await browserUser.signedIn()
    await page.evaluate(`(() => {
      const clock = document.createElement('time')
      clock.dateTime = new Date(Date.now() + 1500).toISOString()
      clock.id = 'clock'
      clock.dataset.clock = 'due'
      window.read = []
      new MutationObserver(() => window.read.push(clock.textContent)).observe(clock, { childList: true })
      document.body.append(clock)
    })()`)
    await page.locator('#clock', { hasText: 'overdue' }).waitFor()
    const read = await page.evaluate<string[]>('window.read')
    expect(read).toContain('due now')
    expect(read.filter((words) => !/^(due now|in 1 second|[12] seconds? overdue)$/.test(words))).toEqual([])
    await context.close()
  }, 30_000)

  test('Incident list: has a gap between "Open" and the count', async () => {
    const { page, context } = await browserUser.signedIn()
    const { ping_url: url } = await browserUser.newMonitor('broken')
    await fetch(`${url}/fail`)
    await page.setViewportSize({ width: 360, height: 700 })
    await page.getByRole('link', { name: 'Incidents' }).first().click()
    await page.getByRole('heading', { name: 'Incidents' }).waitFor()
    const gap = await page.evaluate<number>(`(() => {
      const count = document.querySelector('nav .number')
      const text = count.firstChild
      const range = document.createRange()
      range.setStart(text, text.length - 1)
      range.setEnd(text, text.length)
      const digit = range.getBoundingClientRect()
      range.selectNode(count.previousSibling)
      return digit.left - range.getBoundingClientRect().right
    })()`)
    expect(gap).toBeGreaterThan(2)
    await context.close()
  }, 30_000)
})
