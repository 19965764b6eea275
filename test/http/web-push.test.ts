import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createECDH } from 'node:crypto'
import { secretOf } from '#deps.ts'
import type { Project } from '#domain/project.ts'
import { derivePushKeys } from '#lib/push-keys.ts'
import { findChannel, listChannels } from '#store/channels.ts'
import { TestGuard } from '../support/cronguard.ts'
import { answerOf } from '../support/outside.ts'
import { memberOf } from '../support/visitor.ts'

let guard: TestGuard
let project: Project

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})

afterEach(() => guard.stop())

function subscription() {
  return {
    endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/gAAAsecret',
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: 'AAAAAAAAAAAAAAAAAAAAAA',
  }
}

const list = () => `/projects/${project.id}/channels`

describe('Web push', () => {
  test('the form holds the public key of the server, and no fields to type into', async () => {
    const member = await memberOf(guard, project, 'member')
    const html = await member.read(`${list()}/new?kind=web-push`)
    expect(html).toContain(`data-key="${derivePushKeys(secretOf(guard.deps.config)).publicKey}"`)
    expect(html).toContain('data-worker="/push-worker.js"')
    for (const name of ['endpoint', 'p256dh', 'auth']) {
      expect(html).toContain(`<input type="hidden" name="setting-${name}">`)
    }
    expect(html).toContain('Add to Home Screen')
  })

  test('a subscription becomes a channel, and none asks to allow notifications first', async () => {
    const member = await memberOf(guard, project, 'member')
    const fields = { kind: 'web-push', name: 'phone' }
    const refused = await member.post(list(), fields)
    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('Allow notifications in this browser first.')
    const given = Object.entries(subscription()).map(([name, value]) => [`setting-${name}`, value])
    expect((await member.post(list(), { ...fields, ...Object.fromEntries(given) })).status).toBe(303)
    const [channel] = listChannels(guard.db, project.id)
    expect(channel).toMatchObject({ kind: 'web-push', name: 'phone' })
    const html = await member.read(`/channels/${channel?.id}`)
    expect(html).toContain('Use this browser instead')
    expect(html).not.toContain('gAAAsecret')
  })

  test.each(['https://push.evil.example/fcm.googleapis.com', 'https://evilfcm.googleapis.com/x'])(
    'a subscription at %s, which is not a known push service, is refused',
    async (endpoint) => {
      const member = await memberOf(guard, project, 'member')
      const given = Object.entries({ ...subscription(), endpoint }).map(([name, value]) => [`setting-${name}`, value])
      const refused = await member.post(list(), { kind: 'web-push', name: 'phone', ...Object.fromEntries(given) })
      expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('not supported')])
    },
  )

  test('CRONGUARD_PUSH_SERVICES allows further push services', async () => {
    guard.stop()
    guard = new TestGuard({ env: { CRONGUARD_PUSH_SERVICES: 'push.example.com' } })
    project = guard.project()
    const settings = { ...subscription(), endpoint: 'https://eu.push.example.com/wpush/1' }
    const backup = guard.monitor(project, { name: 'backup' }, [guard.channel(project, { kind: 'web-push', settings })])
    await guard.ping(backup, '/fail')
    await guard.tick()
    expect(guard.outside.calls.map(({ url }) => url)).toEqual([settings.endpoint])
    const other = { ...settings, endpoint: 'https://push.example.org/wpush/1' }
    expect(() => guard.channel(project, { kind: 'web-push', settings: other })).toThrow('not supported')
  })

  test('a subscription that the browser replaces is replaced in its channels, and in no others', async () => {
    const [former, other, fresh] = ['former', 'other', 'fresh'].map((id) => ({
      ...subscription(),
      endpoint: `https://fcm.googleapis.com/fcm/send/${id}`,
    }))
    const replaced = guard.channel(project, { kind: 'web-push', settings: former })
    const kept = guard.channel(project, { kind: 'web-push', settings: other })
    const replace = (from: string | undefined, to: object | undefined) =>
      guard.request('/push-renewal', {
        method: 'POST',
        body: new URLSearchParams({ former: from ?? '', ...to }),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    expect((await replace(former?.endpoint, { ...fresh, endpoint: 'https://evil.example/x' })).status).toBe(422)
    expect((await replace('https://fcm.googleapis.com/fcm/send/unknown', fresh)).status).toBe(204)
    expect(findChannel(guard.db, replaced)?.settings).toEqual(former)
    expect((await replace(former?.endpoint, fresh)).status).toBe(204)
    expect(findChannel(guard.db, replaced)?.settings).toEqual(fresh)
    expect(findChannel(guard.db, kept)?.settings).toEqual(other)
  })

  test('a subscription that the browser ended disables its channel and discards what waits', async () => {
    const channelId = guard.channel(project, { kind: 'web-push', settings: subscription() })
    const backup = guard.monitor(project, { name: 'backup' }, [channelId])
    guard.deps.outbound.send = () => Promise.resolve(answerOf(410))
    await guard.ping(backup, '/fail')
    await guard.ping(backup)
    await guard.tick()
    expect(findChannel(guard.db, channelId)?.disabledAt).not.toBeNull()
    expect(guard.deliveries(backup).map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(guard.deliveries(backup)[0]?.lastAttempt?.detail).toContain('the browser ended its subscription')
  })
})

describe('Web app', () => {
  test('has a manifest whose icons exist', async () => {
    const response = await guard.request('/manifest.webmanifest')
    expect(response.headers.get('content-type')).toBe('application/manifest+json')
    const { icons, ...manifest } = (await response.json()) as { icons: { src: string; sizes: string }[] }
    expect(manifest).toMatchObject({ name: 'CronGuard', start_url: '/', scope: '/', display: 'standalone' })
    expect(icons.map(({ sizes }) => sizes)).toEqual(['192x192', '512x512'])
    for (const { src, sizes } of icons) {
      const icon = await guard.request(src)
      expect(icon.headers.get('content-type')).toBe('image/png')
      const bytes = Buffer.from(await icon.arrayBuffer())
      expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes)
    }
  })

  test('has a service worker that browsers do not keep, for all pages', async () => {
    const response = await guard.request('/push-worker.js')
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).not.toContain('ICON_PATH')
  })

  test('stays below the path of the base URL', async () => {
    guard.stop()
    guard = new TestGuard({ env: { CRONGUARD_BASE_URL: 'https://example.org/cron' } })
    const manifest = (await (await guard.request('/cron/manifest.webmanifest')).json()) as Record<string, unknown>
    expect(manifest).toMatchObject({ start_url: '/cron/', scope: '/cron/' })
    expect(await (await guard.request('/cron/push-worker.js')).text()).toContain("'/cron/assets/icon-192.")
  })
})
