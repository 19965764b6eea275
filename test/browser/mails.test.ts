// Every email in a browser engine, narrow and wide, light and dark.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { CHROMIUM, contrastsOn, launch, newPerson, overhangOf } from '../support/browser.ts'
import { MESSAGES } from '../words/messages.ts'

const NO_BROWSER = CHROMIUM === null
const NOTE = NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''

describe.skipIf(NO_BROWSER)(`Emails${NOTE}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
  }, 60_000)
  afterAll(() => browser?.close())

  test.each([
    { width: 360, scheme: 'light' },
    { width: 360, scheme: 'dark' },
    { width: 600, scheme: 'light' },
    { width: 600, scheme: 'dark' },
  ] as const)(
    'are readable and fit the window at $width pixels in $scheme mode',
    async (look) => {
      const { page, context } = await newPerson(browser, 'http://localhost', look)
      for (const { when, html } of MESSAGES) {
        await page.setContent(html)
        expect([when, await contrastsOn(page), await overhangOf(page)]).toEqual([when, [], 0])
      }
      await context.close()
    },
    60_000,
  )
})
