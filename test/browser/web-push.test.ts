// Subscribing to push notifications in a real browser. No push service can be reached, so its part is replaced.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createECDH } from 'node:crypto'
import { CHROMIUM, violationsOn } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'

const NO_BROWSER = CHROMIUM === null

let browserUser: BrowserUser

describe.skipIf(NO_BROWSER)(`Web push${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    browserUser = await BrowserUser.open()
  }, 60_000)

  afterAll(() => browserUser?.close())

  test('subscribes the browser, and creates a channel', async () => {
    const { page, context, complaints } = await browserUser.signedIn()
    await context.grantPermissions(['notifications'])
    const keys = { p256dh: createECDH('prime256v1').generateKeys('base64url'), auth: 'AAAAAAAAAAAAAAAAAAAAAA' }
    const json = { endpoint: 'https://fcm.googleapis.com/fcm/send/x', keys }
    await context.addInitScript(`PushManager.prototype.subscribe = async (options) => {
      if (options.applicationServerKey.length !== 65 || !options.userVisibleOnly) throw new Error('wrong options')
      return { toJSON: () => (${JSON.stringify(json)}) }
    }`)
    await page.goto('/')
    await page.getByRole('link', { name: 'Channels' }).first().click()
    await page.goto(`${page.url()}/new?kind=web-push`)
    expect(await violationsOn(page)).toEqual([])
    await page.getByRole('button', { name: 'Allow notifications' }).click()
    await page.getByText('Notifications allowed.').waitFor()
    const scope = await page.evaluate('navigator.serviceWorker.ready.then((found) => found.scope)')
    expect(new URL(String(scope)).pathname).toBe('/')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('Channel created').waitFor()
    await page.getByText('fcm.googleapis.com').waitFor()

    const [worker] = context.serviceWorkers()
    const replacing = { endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/y', keys }
    await worker?.evaluate(`(async () => {
      PushManager.prototype.subscribe = async () => ({ toJSON: () => (${JSON.stringify(replacing)}) })
      const waiting = []
      const event = Object.assign(new Event('pushsubscriptionchange'), { waitUntil: (done) => waiting.push(done) })
      self.dispatchEvent(event)
      await Promise.all(waiting)
    })()`)
    await page.reload()
    await page.getByText('updates.push.services.mozilla.com').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  }, 60_000)
})
