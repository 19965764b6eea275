// The pages of links in messages, on a phone that is not signed in.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { acknowledgeUrl } from '#actions/incident-links.ts'
import { findChannel } from '#store/channels.ts'
import { CHROMIUM, launch, newPerson, overhangOf, violationsOn } from '../support/browser.ts'
import { TestGuard } from '../support/cronguard.ts'

const NO_BROWSER = CHROMIUM === null
const NOTE = NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''
const ADDRESS = 'operations-team-with-a-long-name@subsidiary.example.org'

describe.skipIf(NO_BROWSER)(`Signed links${NOTE}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  }, 60_000)
  afterAll(() => browser?.close())

  test.each(['light', 'dark'] as const)(
    'acknowledge, unsubscribe and undo at 360 pixels in %s mode, readable and without an error',
    async (scheme) => {
      const guard = new TestGuard({
        env: { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_BASE_URL: 'http://localhost/cron' },
      })
      const project = guard.project()
      const channelId = guard.mailTo(project, ADDRESS)
      const monitor = guard.monitor(project, { name: 'nightly-'.repeat(12) }, [channelId])
      await guard.ping(monitor, '/fail')
      await guard.tick()
      const server = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        fetch: (request) => guard.request(new URL(request.url).pathname, { method: request.method }),
      })
      const { page, context, complaints } = await newPerson(browser, server.url.origin, { width: 360, scheme })
      const incidentId = guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id ?? ''
      const channel = findChannel(guard.db, channelId) as NonNullable<ReturnType<typeof findChannel>>
      const take = async (link: string, button: string, heading: string) => {
        await page.goto(new URL(link).pathname)
        expect([await violationsOn(page), await overhangOf(page)]).toEqual([[], 0])
        await page.getByRole('button', { name: button }).click()
        await page.getByRole('heading', { name: heading }).waitFor()
        expect([await violationsOn(page), await overhangOf(page)]).toEqual([[], 0])
      }
      const linkIn = (path: string): string =>
        guard.outside.mails.flatMap(({ text }) => new RegExp(`http\\S+/${path}/\\S+`).exec(text) ?? []).at(-1) ?? ''
      await take(acknowledgeUrl(guard.deps, { incidentId, channel }), 'Acknowledge', 'Incident acknowledged')
      await take(linkIn('unsubscribe'), 'Unsubscribe', 'Unsubscribed')
      await take(linkIn('resubscribe'), 'Resubscribe', 'Resubscribed')
      expect(complaints).toEqual([])
      await context.close()
      server.stop(true)
      guard.live.close()
      guard.stop()
    },
    60_000,
  )
})
