// The account forms in a browser: their scripts and their layout.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { CHROMIUM, overhangOf, violationsOn } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'

const NO_BROWSER = CHROMIUM === null

let browserUser: BrowserUser

describe.skipIf(NO_BROWSER)(`Account forms${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    browserUser = await BrowserUser.open()
  }, 60_000)

  afterAll(() => browserUser?.close())

  test('show the strength of a new password while it is typed', async () => {
    const { page, context, complaints } = await browserUser.signedIn()
    await page.goto('/settings')
    const strength = page.locator('.strength')
    expect(await strength.isVisible()).toBe(false)
    for (const [password, says] of [
      ['short', 'Too short: 5 of 10 characters'],
      ['aaaaaaaaaa', 'Too easy to guess: repeats and sequences count once'],
      ['1234567890', 'Too easy to guess: repeats and sequences count once'],
      ['Password2024!', 'Too common'],
      ['a dozen eggs', 'Strength: fair'],
      ['correct horse battery', 'Strength: strong'],
    ] as const) {
      await page.getByLabel('New password').fill(password)
      await strength.getByText(says).waitFor()
    }
    expect(await violationsOn(page)).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  }, 60_000)

  test('ask about the API keys of a member who leaves, in a narrow window, too', async () => {
    const { page, context, complaints } = await browserUser.signedIn()
    await browserUser.cronguard.run(['user', 'create', 'bob@example.org'])
    browserUser.cronguard.withDatabase((database) =>
      database.run(`INSERT INTO memberships (project_id, user_id, role, created_at)
        SELECT project_id, (SELECT id FROM users WHERE email = 'bob@example.org'), 'owner', 0
          FROM memberships JOIN users ON users.id = user_id WHERE email = 'ada@example.org'`),
    )
    await page.setViewportSize({ width: 360, height: 800 })
    await page.goto('/')
    await page.getByRole('link', { name: 'Project', exact: true }).click()
    await page.locator('#leave summary').click()
    expect(await page.locator('#leave input[name^="revokedKey-"]').isChecked()).toBe(true)
    expect(await page.getByLabel('Replace the project ping key').last().isChecked()).toBe(false)
    await page.evaluate("document.querySelector('#leave').scrollIntoView({ block: 'center' })")
    expect([await overhangOf(page), await violationsOn(page), complaints]).toEqual([0, [], []])
    await page.goto('/settings/delete')
    expect(await page.locator('input[name^="revokedKey-"]').isChecked()).toBe(true)
    expect([await overhangOf(page), await violationsOn(page), complaints]).toEqual([0, [], []])
    await context.close()
  }, 60_000)
})
