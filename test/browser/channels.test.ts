// Channels in a real browser: from choosing a kind to disabling the channel.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { eventually } from '../support/binary.ts'
import { CHROMIUM, type Look, type Person, violationsOn } from '../support/browser.ts'
import { BrowserUser } from '../support/browser-user.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const NO_BROWSER = CHROMIUM === null
const SECRET = 'secret-of-the-hook'

let browserUser: BrowserUser
let receiver: ReturnType<typeof startHttpReceiver>
let person: Person

describe.skipIf(NO_BROWSER)(`Channels${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    receiver = startHttpReceiver()
    browserUser = await BrowserUser.open()
    for (const [name, tags] of Object.entries({ 'nightly-backup': 'db', billing: 'db web', mail: '' })) {
      const body = { name, tags, timeout: 3600, grace: 60 }
      await browserUser.cronguard.api('/checks/', { key: browserUser.key, body })
    }
  }, 60_000)

  afterAll(async () => {
    await browserUser?.close()
    receiver?.stop()
  })

  afterEach(async () => {
    await person.context.close()
    receiver.received.splice(0)
  })

  test('A search leads to a kind, and the form of the kind notifies selected monitors', async () => {
    const page = await opened()
    await page.getByRole('link', { name: /Create a channel|New channel/ }).click()
    const search = page.getByPlaceholder('Find a service')
    await focusOn(page, 'find-kind')
    await search.fill('carrier pigeon')
    await page.getByText('No service found.').waitFor()
    await search.fill('webhook')
    await page.getByRole('heading', { name: 'Email and webhooks' }).waitFor()
    expect(await page.getByRole('link', { name: /Gotify/ }).isVisible()).toBe(false)
    await page.getByRole('link', { name: /^Webhook/ }).click()
    await page.getByRole('heading', { name: 'New channel: Webhook' }).waitFor()

    await page.getByLabel('Name').fill('selected')
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/selected`)
    await page.getByLabel('Selected monitors').check()
    await page.getByLabel('billing').check()
    await page.getByLabel('mail').check()
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('Channel created').waitFor()
    await openChannel(page, 'selected')
    await page.getByRole('heading', { name: 'Notifies about 2 monitors' }).waitFor()
    expect(await tickedMonitors(page)).toEqual(['billing', 'mail'])

    await page.getByLabel('Monitors with a tag, including new ones').check()
    await page.locator('input[name=tag][value=db]').check()
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('heading', { name: 'Notifies about monitors with the tag “db” (2)' }).waitFor()
    await page.getByLabel('All monitors, including new ones').check()
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('heading', { name: 'Notifies about all monitors, including new ones (3)' }).waitFor()
    expect(person.complaints).toEqual([])
  }, 60_000)

  test('The preview follows what is typed, and a test is sent before the channel is saved', async () => {
    const page = await opened('/new?kind=webhook')
    const preview = page.locator('#preview')
    await preview.getByText('POST https://example.com/').first().waitFor()
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/typed`)
    await preview.getByText(`POST ${receiver.url}/typed`).first().waitFor()
    await page.getByLabel('Method').first().selectOption('PUT')
    await preview.getByText(`PUT ${receiver.url}/typed`).first().waitFor()
    await page.getByLabel('Headers').first().fill('Authorization: Bearer t0p-s3cret')
    await preview.getByText('Authorization: ••••').first().waitFor()
    await page.getByLabel('Secret').fill(SECRET)

    await page.getByRole('button', { name: 'Send test' }).click()
    await page.getByText('Test sent. Received status code 200.').waitFor()
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({ path: '/typed', headers: { authorization: 'Bearer t0p-s3cret' } })
    expect(receiver.received[0]?.headers['x-cronguard-signature']).toStartWith('sha256=')

    await page.getByLabel('URL', { exact: true }).fill('http://127.0.0.1:1/')
    await page.getByRole('button', { name: 'Send test' }).click()
    await page.getByText(/Test failed\. .*refused/i).waitFor()
    expect(await violationsOn(page)).toEqual([])
    expect(person.complaints).toEqual([])
  }, 60_000)

  test('A Liquid template is previewed, and an error in it is shown before and after saving', async () => {
    const page = await opened('/new?kind=webhook')
    const [preview, body] = [page.locator('#preview'), page.getByLabel('Body').first()]
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/liquid`)
    await page.getByLabel('Templates').first().selectOption('liquid')
    await body.fill('{"text": "{{ title }}!"}')
    await preview.getByText(/"text": "Down: [\w-]+!"/).waitFor()
    await preview.getByText(/"text": "Up: [\w-]+!"/).waitFor()
    await body.fill('{"text": "{{ title }"}')
    await preview.getByText('because the template of the body failed').waitFor()
    expect(await preview.locator('.problem').count()).toBe(1)
    expect(await violationsOn(page)).toEqual([])
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.locator('#setting-body-problem').waitFor()
    expect(await page.locator('#setting-body-problem').textContent()).toContain('For down, the template of the body')
    await focusOn(page, 'setting-body')
    expect(await body.inputValue()).toBe('{"text": "{{ title }"}')
    await body.fill('{"text": {{ title | json }}}')
    await page.getByLabel('Name').fill('liquid')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('Channel created').waitFor()
    await openChannel(page, 'liquid')
    await page.getByRole('button', { name: 'Send test through liquid' }).click()
    await page.getByText('Test sent. Received status code 200.').waitFor()
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({ text: expect.stringContaining('Down: ') })
    // A refused form is answered with 422.
    expect(person.complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
  }, 60_000)

  test('Secrets are never shown again, and are kept while another setting changes', async () => {
    const page = await opened('/new?kind=webhook')
    await page.getByLabel('Name').fill('signed')
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/signed`)
    await page.getByLabel('Secret').fill(SECRET)
    await page.getByLabel('Headers').first().fill('X-Key: t0p-s3cret')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('Channel created').waitFor()
    await openChannel(page, 'signed')
    const html = await page.content()
    for (const secret of [SECRET, 't0p-s3cret']) expect(html).not.toContain(secret)
    expect(await page.getByLabel('Secret', { exact: false }).first().inputValue()).toBe('')
    expect(await page.getByLabel('Headers').first().inputValue()).toBe('X-Key: ••••')

    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/moved`)
    await page.getByRole('button', { name: 'Test these settings' }).click()
    await page.getByText('Test sent. Received status code 200.').waitFor()
    expect(receiver.received[0]).toMatchObject({ path: '/moved', headers: { 'x-key': 't0p-s3cret' } })
    expect(receiver.received[0]?.headers['x-cronguard-signature']).toStartWith('sha256=')
    await page.getByLabel('URL', { exact: true }).fill('http://localhost:1/')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('The new URL points to a different server.').first().waitFor()
    expect(await page.content()).not.toContain(SECRET)
  }, 60_000)

  test('Disabling asks first while notifications are pending', async () => {
    const page = await opened()
    const settings = { url: 'http://127.0.0.1:1/unreachable' }
    const body = { kind: 'webhook', name: 'unreachable', settings }
    const { id } = await browserUser.cronguard.api('/channels/', { key: browserUser.key, body })
    await page.goto(`/channels/${id}`)
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByText('It sends no notifications until you enable it.').waitFor()
    await page.getByRole('button', { name: 'Enable unreachable' }).click()
    const { checks } = await browserUser.cronguard.api('/checks/', { key: browserUser.key })
    await fetch(`${checks[0].ping_url}/fail`)
    await eventually('a pending notification', async () => {
      await page.goto(`/channels/${id}`)
      return await page.getByText('1 notification is pending.').isVisible()
    })
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('heading', { name: 'Disable “unreachable”?' }).waitFor()
    expect(await violationsOn(page)).toEqual([])
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Disable and discard 1 notification' }).click()
    await page.getByText('The pending notification was discarded.').waitFor()
    expect(person.complaints).toEqual([])
  }, 60_000)

  test('Everything works without JavaScript: kinds, a refused form, monitors, a test and an edit', async () => {
    const page = await opened('/new', { hasScripts: false })
    expect(await page.getByPlaceholder('Find a service').isVisible()).toBe(false)
    await page.getByRole('link', { name: /^Webhook/ }).click()
    expect(await page.getByRole('button', { name: 'Send test' }).isVisible()).toBe(false)
    await page.getByLabel('Name').fill('plain')
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/plain`)
    await page.getByLabel('Headers').first().fill('no header')
    await page.getByLabel('Selected monitors').check()
    await page.getByLabel('mail').check()
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByText('“no header” is not a header. Enter “Name: value”, one per line.').first().waitFor()
    expect(await tickedMonitors(page)).toEqual(['mail'])
    await page.getByLabel('Headers').first().fill('')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await openChannel(page, 'plain')
    await page.getByRole('button', { name: 'Send test through plain' }).click()
    await page.getByRole('heading', { name: 'Test “plain”' }).waitFor()
    await page.getByText('Test sent. Received status code 200.').waitFor()
    await page.getByRole('link', { name: 'Edit channel' }).click()
    await page.getByLabel('Name').fill('renamed')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('heading', { name: 'renamed' }).waitFor()
  }, 60_000)
})

/** A page of the channels of Ada's project. */
async function opened(path = '', look: Partial<Look> = {}): Promise<Page> {
  person = await browserUser.signedIn(look)
  const { page } = person
  await page.getByRole('link', { name: 'Channels', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Channels', exact: true }).waitFor()
  if (path !== '') await page.goto(`${page.url()}${path}`)
  return page
}

async function openChannel(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { name, exact: true }).waitFor()
}

async function focusOn(page: Page, id: string): Promise<void> {
  await eventually(`the focus on ${id}`, async () => {
    return (await page.evaluate<string>('document.activeElement.id')) === id
  })
}

/** The names of the ticked monitors. */
function tickedMonitors(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    "[...document.querySelectorAll('input[name=m]:checked')].map((tick) => tick.closest('label').innerText.trim())",
  )
}
