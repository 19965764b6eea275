// Two people in one form: neither overwrites changes that they have not seen.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { setChannelDisabled } from '#actions/channels.ts'
import { updateMonitor } from '#actions/monitors.ts'
import type { Monitor, MonitorChange } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let channelId: string
let monitor: Monitor
let ann: Visitor
let ben: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  channelId = guard.mailTo(project, 'ops@example.org')
  monitor = guard.monitor(project, { name: 'backup', slug: 'backup', description: 'old' }, [channelId])
  ann = await memberOf(guard, project, 'member', 'ann@example.org')
  ben = await memberOf(guard, project, 'member', 'ben@example.org')
})

afterEach(() => guard.stop())

const FIELDS = {
  name: 'backup',
  slug: 'backup',
  description: 'old',
  schedule: 'every day',
  graceCount: '1',
  graceUnit: 'hours',
  // A monitor that was not created in the form accepts no early pings.
  earlyCount: '0',
  earlyUnit: 'minutes',
}

const seenIn = (html: string) => / name="seen" value="([^"]*)"/.exec(html)?.[1] ?? 'nothing'

/** The form as this user has opened it. */
async function opened(visitor: Visitor) {
  const html = await visitor.read(`/monitors/${monitor.uniqueKey}/edit`)
  return { ...FIELDS, seen: seenIn(html) }
}

const save = (visitor: Visitor, fields: Record<string, string | string[]>) =>
  visitor.post(`/monitors/${monitor.uniqueKey}`, fields)

const longerGrace = (): MonitorChange => ({ graceMs: DAY })

describe('Edit conflict of a monitor', () => {
  test('refuses the second save, shows the differences and keeps the input', async () => {
    const [first, second] = [await opened(ann), await opened(ben)]
    expect((await save(ann, { ...first, graceCount: '24', tags: 'prod' })).status).toBe(303)
    const refused = await save(ben, { ...second, description: 'new <b>' })
    const html = await refused.text()
    expect(refused.status).toBe(422)
    expect(words(html)).toContain('while you were editing it: “Tags”, “Grace period”.')
    expect(html).toContain('new &lt;b&gt;</textarea>')
    expect(guard.now(monitor)).toMatchObject({ graceMs: DAY, description: 'old', tags: 'prod' })
    expect((await save(ben, { ...second, description: 'new', seen: seenIn(html) })).status).toBe(303)
    expect(guard.now(monitor)).toMatchObject({ graceMs: HOUR, description: 'new', tags: '' })
  })

  test('guards the form that came back against the next change as well', async () => {
    const form = await opened(ben)
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: longerGrace() })
    const again = seenIn(await (await save(ben, form)).text())
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { tags: 'later' } })
    const html = await (await save(ben, { ...form, seen: again })).text()
    expect(words(html)).toContain('while you were editing it: “Tags”.')
  })

  test('still guards after another error was fixed', async () => {
    const form = await opened(ben)
    const html = await (await save(ben, { ...form, name: '' })).text()
    expect(seenIn(html)).toBe(form.seen)
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: longerGrace() })
    expect((await save(ben, { ...form, seen: seenIn(html) })).status).toBe(422)
  })

  const CHANGES: [facet: string, change: MonitorChange][] = [
    ['“Name”', { name: 'other' }],
    ['“Schedule”', { schedule: { kind: 'period', periodMs: HOUR } }],
    ['“Grace period”', longerGrace()],
    ['“Tags”', { tags: 'prod' }],
    ['“Description”', { description: 'other' }],
    ['“Slug”', { slug: 'other' }],
    ['“Alias”', { alias: 'old-token-of-kuma' }],
    ['“Maximum run time”', { maxRunMs: HOUR }],
    ['“Early pings”', { earlyMs: HOUR }],
    ['“Failures in a row before an alert”', { failuresToAlert: 2 }],
    ['“Resume manually only”', { manualResume: true }],
    ['“Accept POST only”', { postOnly: true }],
    ['“Failure keywords”', { filter: { failureKeywords: 'ERROR' } }],
  ]

  test.each(CHANGES)('names a changed %s, and nothing else', async (facet, change) => {
    const form = await opened(ben)
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change })
    expect(words(await (await save(ben, form)).text())).toContain(`while you were editing it: ${facet}. `)
  })

  test('is not raised by a ping or a disabled channel', async () => {
    const form = await opened(ben)
    await guard.ping(monitor)
    setChannelDisabled(guard.deps, { projectId: project.id, channelId, isDisabled: true })
    expect((await save(ben, { ...form, description: 'new' })).status).toBe(303)
    expect(guard.now(monitor).description).toBe('new')
  })
})

describe('Edit conflict of an incident note', () => {
  let path: string
  const note = () => guard.db.get<{ note: string }>('SELECT note FROM incidents')?.note

  beforeEach(async () => {
    await guard.ping(monitor, '/fail')
    path = `/incidents/${guard.db.get<{ id: string }>('SELECT id FROM incidents')?.id}`
  })

  test('shows the second user what the first wrote, and lets them replace it', async () => {
    const [first, second] = [seenIn(await ann.read(path)), seenIn(await ben.read(path))]
    expect((await ann.post(`${path}/note`, { note: 'disk <full>', seen: first })).status).toBe(303)
    const refused = await ben.post(`${path}/note`, { note: 'no idea', seen: second })
    const html = await refused.text()
    expect(refused.status).toBe(422)
    expect(words(html)).toContain('Someone else changed the note while you were editing it.')
    expect(words(html)).toContain('Current note disk &lt;full&gt;')
    expect(html).toContain('no idea</textarea>')
    expect(note()).toBe('disk <full>')
    expect((await ben.post(`${path}/note`, { note: 'no idea', seen: seenIn(html) })).status).toBe(303)
    expect(note()).toBe('no idea')
  })

  test('is not raised when both wrote the same', async () => {
    const seen = seenIn(await ann.read(path))
    for (const visitor of [ann, ben]) {
      expect((await visitor.post(`${path}/note`, { note: 'the same', seen })).status).toBe(303)
    }
  })
})
