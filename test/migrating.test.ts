// A server that replaces another one under the same DNS name: all URLs of its jobs still work.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { deleteMonitor } from '#actions/monitors.ts'
import { deleteProject, replacePingKey } from '#actions/projects.ts'
import type { Exported } from '#domain/export.ts'
import { GIVEN_KEY_MIN } from '#domain/keys.ts'
import { readRecipient, recordMail } from '#http/pings/mail.ts'
import { createRoutes } from '#http/server.ts'
import { AppError } from '#lib/errors.ts'
import { findMonitorByPingKey } from '#store/monitors.ts'
import { listPings } from '#store/pings.ts'
import { findProject } from '#store/projects.ts'
import { TestGuard } from './support/cronguard.ts'

/** An early Healthchecks key: with capitals, "-" and "_", and not 22 characters long. */
const OLD_KEY = 'Abc-DEF_0123456789xyz'
const UUID = '381eb57b-a036-448f-9572-f4fe104b5b72'
const PROJECT = '7c2f5480-98b0-4b27-8f5d-6c9dc157ec02'
const ALIAS_UUID = '820f021f-a261-4419-b99b-94fabeff1cc9'

let guard: TestGuard

beforeEach(() => {
  guard = new TestGuard({ env: { CRONGUARD_DIALECT_SNITCH: 'on', CRONGUARD_DIALECT_CRONITOR: 'on' } })
  guard.project('alice@example.org')
})
afterEach(() => guard.stop())

const JOB = {
  ping_key: UUID,
  badge_key: '29d48d2c-ccd0-47d2-8ccb-136863201db3',
  name: 'nightly backup',
  slug: 'nightly-backup',
  tags: 'backup nas',
  description: '',
  alias: '',
  schedule: { kind: 'cron', period_ms: 86_400_000, expression: '15 3 * * *', time_zone: 'Europe/Riga' },
  grace_ms: 3_600_000,
  max_run_ms: null,
  min_run_ms: null,
  early_ms: 0,
  failures_to_alert: 1,
  post_only: false,
  manual_resume: false,
  filter: {
    start_keywords: '',
    success_keywords: '',
    failure_keywords: '',
    subject: false,
    body: false,
    http_body: false,
    fails_by_default: false,
  },
  paused: false,
  channels: [],
}

function file(monitors: object[] = [JOB], project: object = {}): Exported {
  return readExport(
    JSON.stringify({
      format: 'cronguard-configuration',
      version: 1,
      cronguard: '0.1.0',
      exported_at: '2026-11-30T10:00:00Z',
      with_secrets: false,
      projects: [
        {
          id: PROJECT,
          name: 'Home',
          ping_key: OLD_KEY,
          badge_key: 'a-badge-key-of-30-characters_1',
          channels: [],
          monitors,
          ...project,
        },
      ],
    }),
  )
}

const bring = (content = file()) => importConfiguration(guard.deps, { content, ownerEmail: null, isDryRun: false })

async function answer(path: string, init: RequestInit = {}): Promise<[status: number, text: string]> {
  const response = await guard.request(path, init)
  return [response.status, await response.text()]
}

const monitor = (pingKey = UUID) => guard.now({ pingKey })
const kinds = (pingKey = UUID) =>
  listPings(guard.db, { monitorId: monitor(pingKey).id, limit: 100 })
    .map(({ kind }) => kind)
    .reverse()

function refusalOf(work: () => unknown): Promise<string> {
  return Promise.resolve()
    .then(work)
    .then(
      () => 'accepted',
      (error) => (error instanceof AppError ? error.message : Promise.reject(error)),
    )
}

describe('Migrated server', () => {
  test.each([`/ping/${UUID}`, `/${UUID}`, `/ping/${OLD_KEY}/nightly-backup`, `/${OLD_KEY}/nightly-backup`])(
    '%s works with every ending',
    async (url) => {
      await bring()
      for (const ending of ['', '/start', '/fail', '/log', '/7', '/TERM', `?rid=${UUID}`, '?create=1']) {
        expect([ending, await answer(url + ending)]).toEqual([ending, [200, 'OK']])
      }
      expect(kinds()).toEqual(['success', 'start', 'fail', 'log', 'fail', 'fail', 'success', 'success'])
      expect((await guard.request(url, { method: 'POST' })).headers.get('ping-body-limit')).toBe('100000')
    },
  )

  test('a ping key creates monitors at the root, too', async () => {
    await bring()
    expect(await answer(`/${OLD_KEY}/new-job?create=1`)).toEqual([201, 'Created'])
    expect(await answer(`/${OLD_KEY}/NEW-JOB`)).toEqual([400, 'invalid url format'])
  })

  test.each([
    `${UUID}@ping.example.org`,
    `${UUID.toUpperCase()}@ping.example.org`,
    `${OLD_KEY}+nightly-backup@ping.example.org`,
    `${OLD_KEY.toUpperCase()}+NIGHTLY-BACKUP@ping.example.org`,
    `${OLD_KEY.toLowerCase()}+nightly-backup@ping.example.org`,
  ])('an email to %s is a ping', async (recipient) => {
    await bring()
    const read = readRecipient(recipient, { domain: 'ping.example.org', isInUse: () => false })
    if (typeof read === 'string') throw new Error(read)
    await recordMail(guard.deps, {
      sender: 'nas@example.org',
      addresses: [read],
      remoteAddress: null,
      raw: new Uint8Array([65]),
    })
    expect(kinds()).toEqual(['success'])
  })

  test('a ping key in another case is found only if it is unambiguous', async () => {
    await bring()
    const other = file([], { id: UUID, ping_key: OLD_KEY.toUpperCase(), badge_key: 'another-badge-key-1' })
    await bring(other)
    const mailTo = async (key: string) => {
      const addresses = [{ projectPingKey: key, slug: 'nightly-backup', mayCreate: false as const }]
      await recordMail(guard.deps, { sender: '', addresses, remoteAddress: null, raw: new Uint8Array([65]) })
    }
    await mailTo(OLD_KEY.toLowerCase())
    expect(kinds()).toEqual([])
    await mailTo(OLD_KEY)
    expect(kinds()).toEqual(['success'])
  })

  test('metrics work at the URLs of older servers, and a key of another length is 400', async () => {
    await bring()
    const project = findProject(guard.db, PROJECT)
    if (project === null) throw new Error('There is no project')
    const key = guard.apiKey(project, 'read-only')
    for (const path of ['metrics', 'checks/metrics']) {
      const [status, text] = await answer(`/projects/${PROJECT}/${path}/${key}`)
      expect([path, status, text.includes('hc_check_up')]).toEqual([path, 200, true])
      expect((await answer(`/projects/${PROJECT}/${path}/${key}x`))[0]).toBe(400)
      expect((await answer(`/projects/${PROJECT}/${path}/${'x'.repeat(32)}`))[0]).toBe(403)
    }
  })

  test('an unknown ping key gets 404 in plain text, and pages stay HTML', async () => {
    expect(await answer('/unknown-key-22-letters/backup')).toEqual([404, 'not found'])
    expect(await answer('/unknown-key-22-letters/backup/start', { method: 'POST' })).toEqual([404, 'not found'])
    for (const path of ['/docs/nothing', '/password-reset/x/y', '/nowhere/backup']) {
      const response = await guard.request(path)
      expect([path, response.headers.get('content-type')]).toEqual([path, 'text/html; charset=utf-8'])
    }
    expect((await guard.request('/monitors/feedfacefeedfacefeed')).headers.get('location')).toStartWith('/login')
  })

  test('the URLs work at the root and below a base path', async () => {
    const below = new TestGuard({ env: { CRONGUARD_BASE_URL: 'https://example.org/cron' } })
    below.project('alice@example.org')
    await importConfiguration(below.deps, { content: file(), ownerEmail: null, isDryRun: false })
    for (const path of [`/cron/${OLD_KEY}/nightly-backup`, `/${OLD_KEY}/nightly-backup/fail`, `/cron/${UUID}`]) {
      expect((await below.request(path)).status).toBe(200)
    }
    below.stop()
  })

  test('the first segment of every route is shorter than a ping key', () => {
    const routes = createRoutes(guard.deps, () => [], guard.live).routes
    const firsts = new Set(routes.map(({ path }) => path.split('/')[1] ?? '').filter((first) => /^[\w-]+$/.test(first)))
    expect([...firsts].filter((first) => first.length >= GIVEN_KEY_MIN)).toEqual([])
    expect(firsts).toContain('monitors')
  })
})

describe('An alias that is a UUID', () => {
  const aliased = { ...JOB, alias: ALIAS_UUID }

  test.each([ALIAS_UUID, ALIAS_UUID.toUpperCase()])('works wherever a UUID works: %s', async (alias) => {
    await bring(file([{ ...aliased, alias }]))
    for (const path of ['/ping/', '/', '/api/push/']) {
      expect((await guard.request(path + ALIAS_UUID)).status).toBe(200)
      expect((await guard.request(path + ALIAS_UUID.toUpperCase())).status).toBe(200)
    }
    const addresses = [{ pingKey: ALIAS_UUID }]
    await recordMail(guard.deps, { sender: '', addresses, remoteAddress: null, raw: new Uint8Array([65]) })
    expect(kinds()).toHaveLength(7)
  })

  test('is refused in any spelling if another monitor has that UUID', async () => {
    const carol = guard.project('carol@example.org')
    const hers = guard.monitor(carol, { name: 'hers' })
    for (const alias of [hers.pingKey, hers.pingKey.toUpperCase(), hers.pingKey.replaceAll('-', '')]) {
      const message = await refusalOf(() => bring(file([{ ...aliased, alias }])))
      expect(message).toBe(
        'The alias of the monitor "nightly backup" is in use on this server, or was used by another project.',
      )
    }
  })
})

describe('A given key', () => {
  const key = () => guard.apiKey(findProject(guard.db, PROJECT) as never)
  const create = (body: object, path = '/api/v3/checks/') =>
    answer(path, { method: 'POST', headers: { 'X-Api-Key': key() }, body: JSON.stringify(body) })

  test('sets a UUID only by import or import_uuid, and "uuid" is ignored', async () => {
    await bring(file([]))
    const [status, text] = await create({ name: 'a', uuid: UUID })
    expect([status, JSON.parse(text).uuid === UUID]).toEqual([201, false])
    const [made, json] = await create({ name: 'b', import_uuid: UUID.toUpperCase() })
    expect([made, JSON.parse(json).uuid, JSON.parse(json).ping_url.endsWith(`/ping/${UUID}`)]).toEqual([
      201,
      UUID,
      true,
    ])
    expect(await answer(`/ping/${UUID}`)).toEqual([200, 'OK'])
    expect(await create({ import_uuid: 'x' })).toEqual([
      400,
      '{"error":"json validation error: import_uuid is not a UUID"}',
    ])
    const other = { import_uuid: ALIAS_UUID, name: 'c' }
    expect((await create(other, `/api/v3/checks/${UUID}`))[0]).toBe(400)
    expect(findMonitorByPingKey(guard.db, ALIAS_UUID)).toBeNull()
    expect((await create({ import_uuid: UUID, name: 'c' }, `/api/v3/checks/${UUID}`))[0]).toBe(200)
  })

  test('that another monitor has or had is refused by the API, without naming it', async () => {
    await bring(file([]))
    const carol = guard.project('carol@example.org')
    const hers = guard.monitor(carol, { name: 'hers', alias: ALIAS_UUID })
    const taken = [400, '{"error":"import_uuid is already taken"}'] as [number, string]
    for (const uuid of [hers.pingKey, ALIAS_UUID]) expect(await create({ import_uuid: uuid })).toEqual(taken)
    deleteMonitor(guard.deps, guard.refOf(hers))
    for (const uuid of [hers.pingKey, ALIAS_UUID]) expect(await create({ import_uuid: uuid })).toEqual(taken)
    const [, text] = await create({ name: 'mine' })
    const { uuid } = JSON.parse(text)
    deleteMonitor(guard.deps, { projectId: PROJECT, pingKey: uuid })
    expect((await create({ import_uuid: uuid }))[0]).toBe(201)
  })

  test('of a deleted project, or one that was replaced, is refused for other projects', async () => {
    await bring()
    replacePingKey(guard.deps, PROJECT)
    const theirs = (project: object) => file([], { id: ALIAS_UUID, badge_key: 'quite-another-badge-key', ...project })
    const keyTaken = 'The ping key of the project "Home" is in use on this server, or was used by another project.'
    expect(await refusalOf(() => bring(theirs({})))).toBe(keyTaken)
    deleteProject(guard.deps, { projectId: PROJECT, confirmation: 'Home' })
    expect(await refusalOf(() => bring(theirs({})))).toBe(keyTaken)
    expect(
      await refusalOf(() => bring(theirs({ ping_key: 'k'.repeat(16), badge_key: 'a-badge-key-of-30-characters_1' }))),
    ).toContain('The badge key of the project "Home" is in use')
    expect(
      await refusalOf(() =>
        bring(file([JOB], { id: ALIAS_UUID, ping_key: 'k'.repeat(16), badge_key: 'b'.repeat(16) })),
      ),
    ).toContain('The ping key of the monitor "nightly backup" is in use')
    expect(await refusalOf(() => bring())).toBe('accepted')
  })

  test.each([
    ['of 15 characters', 'k'.repeat(15)],
    ['of 129 characters', 'k'.repeat(129)],
    ['with a slash', `${'k'.repeat(20)}/x`],
  ])('is refused as the ping key of a project: %s', (_what, ping_key) => {
    expect(() => file([], { ping_key })).toThrow('projects[0].ping_key (“Home”) must have 16 to 128 letters')
  })
})

describe('A short alias', () => {
  test('is set only by import, and works only in its own dialect', async () => {
    await bring(file([{ ...JOB, alias: 'nas1', alias_dialect: 'snitch' }]))
    expect((await guard.request('/nas1')).status).toBe(202)
    for (const path of ['/api/push/nas1', '/nas1/complete', `/p/${OLD_KEY}/NAS1`]) {
      expect([path, (await guard.request(path)).status]).toEqual([path, 404])
    }
  })

  test('without a dialect is one of Uptime Kuma, and the import says so', async () => {
    const items = await bring(file([{ ...JOB, alias: 'nas1' }]))
    expect(items.at(-1)?.note).toContain('only works at /api/push/')
    expect((await guard.request('/api/push/nas1')).status).toBe(200)
    expect((await guard.request('/nas1')).status).toBe(404)
  })

  test('that existed before works in every dialect, also after an import', async () => {
    await bring()
    guard.db.write((tx) => tx.run("UPDATE monitors SET alias = 'nas1'"))
    await bring(file([{ ...JOB, alias: 'nas1', tags: 'other' }]))
    for (const [path, status] of [
      ['/nas1', 202],
      ['/api/push/nas1', 200],
    ] as const) {
      expect((await guard.request(path)).status).toBe(status)
    }
  })
})
