import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { Binary, eventually, execute } from '../support/binary.ts'
import { ADA, CHROMIUM, launch, newPerson, type Person } from '../support/browser.ts'
import { keepPinging } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const NO_BROWSER = CHROMIUM === null

describe.skipIf(NO_BROWSER)(`First steps${NO_BROWSER ? ' (skipped: no Chromium here)' : ''}`, () => {
  let cronguard: Binary
  let browser: Browser
  let ada: Person
  let receiver: ReturnType<typeof startHttpReceiver>

  beforeAll(async () => {
    receiver = startHttpReceiver()
    cronguard = await Binary.prepare()
    await cronguard.start()
    browser = await launch()
    ada = await newPerson(browser, cronguard.url)
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await cronguard?.dispose()
    receiver?.stop()
  })

  test('the setup link in the log creates the first account, once', async () => {
    const { page } = ada
    await page.goto('/')
    expect(page.url()).toEndWith('/setup')
    await page.getByRole('heading', { name: 'CronGuard is not set up yet' }).waitFor()
    const log = await Bun.file(cronguard.logPath).text()
    const link = /http:\/\/\S+\/setup\?token=\S+/.exec(log)?.[0] ?? ''
    await page.goto(link)
    await page.getByLabel('Email').fill(ADA.email)
    await page.getByLabel('Password').fill(ADA.password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: 'Monitor your first job' }).waitFor()

    const stranger = await newPerson(browser, cronguard.url)
    await stranger.page.goto(link)
    expect(stranger.page.url()).toEndWith('/login')
    await stranger.context.close()
  }, 30_000)

  test('a new channel sends a test', async () => {
    const { page } = ada
    await page.getByRole('link', { name: 'Channels', exact: true }).click()
    await page
      .getByRole('link', { name: /New channel/ })
      .first()
      .click()
    await page
      .getByRole('link', { name: /Webhook/ })
      .first()
      .click()
    await page.getByLabel('Name').fill('my receiver')
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/hook`)
    await page.getByLabel('All monitors, including new ones').check()
    await page.getByRole('button', { name: /channel/ }).click()
    await page
      .getByRole('button', { name: /test through my receiver/i })
      .first()
      .click()
    await page
      .getByText(/Received status code 200/)
      .first()
      .waitFor()
    expect(JSON.parse(receiver.received[0]?.body ?? '{}')).toMatchObject({ test: true })
  }, 30_000)

  test('a new monitor turns green after a ping by curl, without a reload', async () => {
    const { page } = ada
    await page.goto('/')
    await page.keyboard.press('n')
    await page.getByLabel('Name').fill('nightly-backup')
    await page.getByRole('button', { name: 'weekdays at 18:30' }).click()
    await page.getByText('Monday to Friday at 18:30').waitFor()
    await page.getByText('Next 5 times').waitFor()
    await page.getByLabel('Schedule', { exact: true }).fill('every 2 seconds')
    await page.getByLabel('Grace period optional').fill('1')
    await page.getByLabel('Unit: grace period').selectOption('seconds')
    await page.getByText(/Expected every 2 seconds, with a grace period of 1 second/).waitFor()
    await page.getByRole('button', { name: /Create/ }).click()
    const pingUrl = (await page.locator('#ping-url').textContent()) ?? ''
    expect(pingUrl).toMatch(/\/ping\/[0-9a-f-]{36}$/)

    await page.locator('main .status-new').first().waitFor()
    expect((await execute(['curl', '-fsS', '-m', '10', pingUrl])).stdout).toBe('OK')
    const job = keepPinging([pingUrl], 500)
    await page.locator('main .status-up').first().waitFor()
    await job.stop()
  }, 30_000)

  test('a missed ping opens an incident that shows its notification and can be acknowledged', async () => {
    const { page } = ada
    await page.locator('main .status-down').first().waitFor()
    await eventually('the title of the tab', async () => (await page.title()).startsWith('(1 down)'))
    await eventually('the icon of the tab', async () =>
      (await page.locator('#favicon').getAttribute('href'))?.includes('favicon-down'),
    )
    await eventually('the notification', () => receiver.received.some(({ body }) => JSON.parse(body).status === 'down'))
    await page.getByRole('link', { name: 'Incidents', exact: true }).click()
    await page
      .getByRole('link', { name: /nightly-backup/ })
      .first()
      .click()
    await page.getByText('my receiver').first().waitFor()
    await page
      .getByText(/Received status code 200/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: /Acknowledge|Take/ }).click()
    await page.locator('main').getByText(ADA.email).first().waitFor()
  }, 30_000)

  test('after signing out, pages lead to the sign-in', async () => {
    const { page, complaints } = ada
    await page.locator('.menu-end > summary').click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Signed out.').waitFor()
    await page.goto('/')
    expect(page.url()).toEndWith('/login')
    // A part of the page may have requested an update at the moment of the sign-out.
    expect(complaints.filter((complaint) => !complaint.endsWith('status of 401 (Unauthorized)'))).toEqual([])
  }, 30_000)
})
