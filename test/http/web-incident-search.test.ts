// Searching incidents on their page, as CSV, with the API and on the command line.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import { acknowledgeIncident } from '#actions/incidents.ts'
import type { Project } from '#domain/project.ts'
import { toCsv } from '#lib/csv.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
  // From 1 March 2026, 12:00 UTC on, one incident a day. The first and the third end after an hour.
  for (const [name, tags, ends] of [
    ['Backup', 'nas db', true],
    ['certbot', 'web', false],
    ['Über-backup', 'web', true],
  ] as const) {
    const monitor = guard.monitor(project, { name, tags })
    await guard.ping(monitor, '/3')
    guard.clock.advance(HOUR)
    if (ends) await guard.ping(monitor)
    guard.clock.advance(DAY - HOUR)
  }
  acknowledgeIncident(guard.deps, { projectId: project.id, incidentId: idOf('certbot'), userId: null })
})
afterEach(() => guard.stop())

const list = (query = '') => `/projects/${project.id}/incidents${query}`
const idOf = (name: string): string =>
  guard.db.get<{ id: string }>(
    'SELECT incidents.id FROM incidents JOIN monitors ON monitors.id = monitor_id WHERE name = $name',
    { name },
  )?.id ?? ''
const namesIn = (html: string): string[] =>
  [...html.matchAll(/<h2 class="row-name incident-name"><a [^>]*><bdi>([^<]*)/g)].map(([, name = '']) => name)

const SEARCHES: [query: string, api: string, names: string[]][] = [
  ['', '', ['certbot', 'Über-backup', 'Backup']],
  ['?q=backup', '?search=backup', ['Über-backup', 'Backup']],
  ['?q=ÜBER', '?search=%C3%9CBER', ['Über-backup']],
  ['?q=backup+nas', '?search=backup%20nas', ['Backup']],
  ['?tag=web', '?tag=web', ['certbot', 'Über-backup']],
  ['?tag=we', '?tag=we', []],
  ['?from=2026-03-02', '?since=2026-03-02T00:00:00Z', ['certbot', 'Über-backup']],
  ['?to=2026-03-02', '?until=2026-03-03T00:00:00Z', ['certbot', 'Backup']],
  ['?from=2026-03-02&to=2026-03-02', '?since=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z', ['certbot']],
  ['?acknowledged=yes', '?acknowledged=1', ['certbot']],
  ['?acknowledged=no', '?acknowledged=0', ['Über-backup', 'Backup']],
  ['?show=past&tag=web', '?open=0&tag=web', ['Über-backup']],
  ['?show=open&tag=db', '?open=1&tag=db', []],
]

describe('The list of incidents', () => {
  test.each(SEARCHES)('with %p shows what matches', async (query, _api, names) => {
    expect(namesIn(await member.read(list(query)))).toEqual(names)
    const fragment = await member.get(`/projects/${project.id}/incidents/list${query}`)
    expect(namesIn(await fragment.text())).toEqual(names)
  })

  test('ignores what cannot be read', async () => {
    const all = namesIn(await member.read(list()))
    for (const query of ['?from=soon', '?to=2026-13-45', '?from=9999999-01-01', '?show=x']) {
      expect(namesIn(await member.read(list(query)))).toEqual(all)
    }
  })

  test('keeps the search in its links and in the form', async () => {
    const html = await member.read(list('?q=backup&from=2026-03-01&acknowledged=no&tag=nas'))
    expect(html).toContain('incidents?show=open&amp;q=backup&amp;tag=nas&amp;from=2026-03-01&amp;acknowledged=no')
    expect(html).toMatch(/name="q" value="backup"/)
    expect(html).toMatch(/name="from" value="2026-03-01"/)
    expect(html).toMatch(/<option value="nas" selected/)
    expect(html).toMatch(/<option value="no" selected/)
  })

  test('says that nothing matches, which is not the same as no incidents', async () => {
    const html = await member.read(list('?q=nothing'))
    expect(html).toContain('No incident matches')
    expect(html).not.toContain('No incidents yet')
  })

  test('acknowledges and snoozes without leaving the search', async () => {
    await guard.ping(guard.monitor(project, { name: 'new', tags: 'web' }), '/fail')
    const query = '?show=open&tag=web'
    const html = await member.read(list(query))
    expect(html).toContain(`action="/incidents/${idOf('new')}/acknowledgment"`)
    expect(html).not.toContain(`action="/incidents/${idOf('certbot')}/acknowledgment"`)
    for (const [path, fields] of [
      ['acknowledgment', {}],
      ['snooze', { length: '4h' }],
    ] as const) {
      const response = await member.post(`/incidents/${idOf('new')}/${path}`, { list: query, ...fields })
      expect([response.status, response.headers.get('location')]).toEqual([303, list(query)])
    }
    expect(namesIn(await member.read(list('?show=open&acknowledged=yes')))).toContain('new')
  })

  test.each(['//evil.example', 'https://evil.example', '?x=\r\nY: z', '/../../'])(
    'does not lead elsewhere: %p',
    async (elsewhere) => {
      const response = await member.post(`/incidents/${idOf('certbot')}/acknowledgment`, { list: elsewhere })
      expect(response.headers.get('location')).toBe(`/incidents/${idOf('certbot')}`)
    },
  )

  test('has buttons for members only', async () => {
    const viewer = await memberOf(guard, project, 'viewer')
    expect(await viewer.read(list())).not.toContain('/acknowledgment"')
  })
})

describe('The CSV file', () => {
  const csv = async (query = ''): Promise<Response> => await member.get(`/projects/${project.id}/incidents.csv${query}`)

  test('has a line for each incident that matches', async () => {
    const response = await csv('?acknowledged=yes')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="incidents.csv"')
    expect(await response.text()).toBe(
      'id,monitor,slug,tags,reason,started,ended,seconds,acknowledged,acknowledged_by,failed_notifications,note\r\n' +
        `${idOf('certbot')},certbot,,web,fail,2026-03-02T12:00:00+00:00,,172800,2026-03-04T12:00:00+00:00,,0,\r\n`,
    )
  })

  test('is linked with the search', async () => {
    expect(await member.read(list('?tag=web'))).toContain(`incidents.csv?tag=web`)
  })

  test.each([
    ['=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['a "b", c', '"a ""b"", c"'],
    ['two\nlines', '"two\nlines"'],
  ])('writes %p as text', (text, cell) => {
    expect(toCsv([['id', text, -5, null]])).toBe(`id,${cell},-5,\r\n`)
  })
})

describe('The management API', () => {
  test.each(SEARCHES)('finds the same as the page with %p', async (_query, api, names) => {
    const { json } = await callApi(guard, `/incidents/${api}`, { with: guard.apiKey(project) })
    const found = json.incidents.map(({ id }: { id: string }) => id)
    expect(found.toSorted()).toEqual(names.map(idOf).toSorted())
  })

  test.each(['since=soon', 'acknowledged=2', `search=${'x'.repeat(201)}`])('refuses %s', async (query) => {
    const { status } = await callApi(guard, `/incidents/?${query}`, { with: guard.apiKey(project) })
    expect(status).toBe(400)
  })
})

describe('The page of an incident', () => {
  test('shows other incidents of the same host, at about the same time', async () => {
    const [a, b, later, elsewhere] = ['a', 'b', 'later', 'elsewhere'].map((name) =>
      guard.monitor(project, { name, tags: name === 'elsewhere' ? 'host:web1' : 'db host:nas01' }),
    )
    for (const one of [a, b, elsewhere]) if (one) await guard.ping(one, '/fail')
    if (b) await guard.ping(b)
    const page = `/incidents/${idOf('a')}`
    expect(words(await member.read(page))).toMatch(/Also on nas01 b Lasted/)
    if (a) await guard.ping(a)
    guard.clock.advance(2 * HOUR)
    if (later) await guard.ping(later, '/fail')
    const text = words(await member.read(page))
    expect([text.includes('Also on nas01 b'), text.includes('later'), text.includes('elsewhere')]).toEqual([
      true,
      false,
      false,
    ])
    expect(words(await member.read(`/incidents/${idOf('later')}`))).toContain('No other incident within an hour.')
  })

  test('says what is sent if no one acknowledges it', async () => {
    const boss = guard.webhookTo(project, 'https://hooks.example.org/')
    const ref = { projectId: project.id, channelId: boss }
    updateChannel(guard.deps, { ref, name: 'boss', rules: { delayMs: 30 * MINUTE } })
    const monitor = guard.monitor(project, { name: 'slow', remindMs: HOUR }, [boss])
    await guard.ping(monitor, '/fail')
    const page = `/incidents/${idOf('slow')}`
    expect(words(await member.read(page))).toContain(
      'If no one acknowledges it, a notification through boss is sent in 30 minutes . ' +
        'If no one acknowledges it, a reminder is sent in 1 hour .',
    )
    await member.post(`${page}/acknowledgment`, {})
    expect(words(await member.read(page))).not.toContain('If no one acknowledges it')
  })
})
