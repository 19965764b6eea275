// The pages for admins of the server: its state and its backups.
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY } from '#lib/duration.ts'
import { noteSize } from '#store/retention.ts'
import { type DataFolder, dataFolder } from '../support/data-folder.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'

/** The fake clock starts on 1 March 2026. */
const TODAY = Math.floor(Date.UTC(2026, 2, 1) / DAY)

let data: DataFolder
let admin: Visitor

beforeEach(async () => {
  data = dataFolder()
  admin = await administrator()
})
afterEach(() => data.clear())

async function administrator() {
  const visitor = await signedIn(data.guard, 'root@example.org')
  data.guard.db.write((tx) => tx.run('UPDATE users SET is_admin = 1 WHERE id = $id', { id: visitor.user.id }))
  return visitor
}

const nameOn = (html: string): string => /href="\/instance\/backups\/([^"]+)"/.exec(html)?.[1] ?? ''

describe('Server page', () => {
  test('shows the size of the database, its growth, and the retention', async () => {
    expect(await admin.read('/instance')).toContain('Growth appears here tomorrow.')
    for (const day of [1, 2, 3]) {
      data.guard.db.write((tx) => noteSize(tx, { day: TODAY - 3 + day, bytes: 1_000_000 + day * 2000 }))
    }
    const html = await admin.read('/instance')
    expect(html).toContain('It grows by about 2 kB a day.')
    expect(html.match(/<rect /g)).toHaveLength(3)
    expect(html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')).toContain(
      'Pings are kept for 90 days, at most 1,000 per monitor.',
    )
    expect(html).toContain('href="/docs/configuration#data-retention"')
  })

  test('says that there is no backup yet, and when backups are created', async () => {
    const html = await admin.read('/instance')
    expect(html).toContain('No backup yet.')
    expect(html).toContain('every night after 03:00 UTC')
    expect(html).not.toContain('/instance/backups/')
  })

  test('creates a backup on request, and shows its time, its size and what it contains', async () => {
    const answer = await admin.post('/instance/backups')
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/instance'])
    const html = await admin.read('/instance')
    expect(html).toContain('Backup created.')
    expect(html).toMatch(/Last backup: <time [^>]+>just now<\/time>, \d+ kB\./)
    expect(html).toContain('contains all secrets except the secret key:')
    expect(nameOn(html)).toBe('cronguard-20260301T120000Z.db')
  })

  test('shows why the last backup failed, until one succeeds', async () => {
    writeFileSync(data.backups, 'in the way')
    await admin.post('/instance/backups')
    expect(await admin.read('/instance')).toMatch(/The last backup failed <time[^>]+>just now<\/time>: .*EEXIST/)
    await Bun.file(data.backups).delete()
    data.guard.clock.advance(1000)
    await admin.post('/instance/backups')
    expect(await admin.read('/instance')).not.toContain('The last backup failed')
  })

  test('is in the menu of admins only', async () => {
    expect(await admin.read('/settings')).toContain('href="/instance"')
    expect(await (await signedIn(data.guard, 'bob@example.org')).read('/settings')).not.toContain('href="/instance"')
  })
})

describe('Backup download', () => {
  test('is the whole database, and is never cached', async () => {
    await admin.post('/instance/backups')
    const name = nameOn(await admin.read('/instance'))
    const answer = await admin.get(`/instance/backups/${name}`)
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    const copy = Database.deserialize(new Uint8Array(await answer.arrayBuffer()))
    expect(copy.query('SELECT email FROM users').all()).toEqual([{ email: 'root@example.org' }])
    copy.close()
    expect(data.guard.log.map(({ event }) => event)).toContain('Backup downloaded')
  })

  test.each([
    'cronguard-20200101T000000Z.db',
    '..%2Fcronguard.db',
    '..%2Fsecret-key',
    'cronguard-20260301T120000Z.db.json',
    'before-restore-20260301T120000Z.db',
  ])('of %s answers 404', async (name) => {
    await admin.post('/instance/backups')
    writeFileSync(join(data.backups, 'before-restore-20260301T120000Z.db'), 'x')
    expect((await admin.get(`/instance/backups/${name}`)).status).toBe(404)
  })
})

describe('Server pages: access', () => {
  const ROUTES = ['/instance', '/instance/backups', '/instance/backups/cronguard-20260301T120000Z.db']

  test.each(ROUTES)('%s: strangers are redirected to the sign-in, other users get 404', async (path) => {
    await admin.post('/instance/backups')
    const stranger = await new Visitor(data.guard).get(path)
    expect(stranger.headers.get('location')).toBe(`/login?next=${encodeURIComponent(path)}`)
    const project = data.guard.project('alice@example.org')
    expect((await (await memberOf(data.guard, project, 'owner')).get(path)).status).toBe(404)
  })

  test('only an admin creates a backup', async () => {
    const outsider = await signedIn(data.guard, 'mallory@example.org')
    expect((await outsider.post('/instance/backups')).status).toBe(404)
    expect((await new Visitor(data.guard).post('/instance/backups')).status).toBe(401)
    const foreign = { Origin: 'https://elsewhere.example' }
    expect((await admin.post('/instance/backups', {}, foreign)).status).toBe(403)
    expect(await admin.read('/instance')).toContain('No backup yet.')
  })
})
