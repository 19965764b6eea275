import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateMonitor } from '#actions/monitors.ts'
import { type Monitor, SLUG_MAX } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const newForm = () => `/projects/${project.id}/monitors/new`
const BASIC = { name: 'Nightly backup', period: String(DAY) }

const create = (fields: Record<string, string | string[]>) =>
  member.post(`/projects/${project.id}/monitors`, { ...BASIC, ...fields })
const edit = (monitor: Monitor, fields: Record<string, string | string[]>) =>
  member.post(`/monitors/${monitor.uniqueKey}`, { ...BASIC, ...fields })
const newest = (): Monitor => {
  const monitor = listMonitors(guard.db, project.id).at(-1)
  if (!monitor) throw new Error('There is no monitor')
  return monitor
}
const channelsOf = (monitor: Monitor) => listChannelsOfMonitor(guard.db, monitor.id).map(({ id }) => id)
const fieldValue = (text: string, name: string) => new RegExp(` name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1]

describe('A new monitor', () => {
  test('is made from a name alone, and its page shows the ping URL at once', async () => {
    const response = await create({})
    const monitor = newest()
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`/monitors/${monitor.uniqueKey}`)
    expect(monitor).toMatchObject({ name: 'Nightly backup', slug: 'nightly-backup', graceMs: 12 * HOUR, status: 'new' })
    const text = await member.read(`/monitors/${monitor.uniqueKey}`)
    expect(text).toContain('The monitor is there.')
    expect(text).toContain(`http://127.0.0.1:8000/ping/${monitor.pingKey}`)
  })

  test.each([
    [MINUTE, MINUTE],
    [5 * MINUTE, 2.5 * MINUTE],
    [15 * MINUTE, 7.5 * MINUTE],
    [HOUR, 30 * MINUTE],
    [DAY, 12 * HOUR],
    [WEEK, 3.5 * DAY],
  ])('with the preset %p is forgiven for half of it, at least a minute', async (periodMs, graceMs) => {
    await create({ period: String(periodMs) })
    expect(newest()).toMatchObject({ schedule: { periodMs }, graceMs })
    expect(await member.read(newForm())).toContain(`value="${periodMs}"`)
  })

  test.each([
    ['1', 'seconds', SECOND],
    ['90', 'minutes', 90 * MINUTE],
    ['36', 'hours', 36 * HOUR],
    ['365', 'days', 365 * DAY],
    ['52', 'weeks', 52 * WEEK],
  ])('may be expected every %s %s, and forgiven as long', async (count, unit, ms) => {
    const length = { periodCount: count, periodUnit: unit, graceCount: count, graceUnit: unit }
    expect((await create({ period: 'other', ...length })).status).toBe(303)
    expect(newest()).toMatchObject({ schedule: { periodMs: ms }, graceMs: ms })
    const text = await member.read(`/monitors/${newest().uniqueKey}/edit`)
    expect(fieldValue(text, 'graceCount')).toMatch(/^[1-9]\d*$/)
  })

  test('keeps tags, description and the advanced rules', async () => {
    await create({
      tags: ' prod  nas ',
      description: 'First line\r\nsecond line',
      slug: 'own_slug',
      manualResume: 'on',
      postOnly: 'on',
      httpBody: 'on',
      failureKeywords: 'ERROR, FATAL',
      failsByDefault: 'on',
    })
    expect(newest()).toMatchObject({
      tags: 'prod  nas',
      description: 'First line\nsecond line',
      slug: 'own_slug',
      manualResume: true,
      postOnly: true,
      filter: { httpBody: true, failureKeywords: 'ERROR, FATAL', failsByDefault: true, body: false },
    })
  })

  test('tells the channels that are ticked, and all of them are at first', async () => {
    const [one, two] = [guard.mailTo(project, 'a@example.org'), guard.mailTo(project, 'b@example.org')]
    const text = await member.read(newForm())
    for (const id of [one, two]) expect(text).toContain(`name="channel" value="${id}" checked`)
    await create({ shownChannel: [one, two], channel: [two] })
    expect(channelsOf(newest())).toEqual([two])
    await create({ shownChannel: [one, two] })
    expect(channelsOf(newest())).toEqual([])
  })

  test('tells a channel, too, that somebody added while the form was open', async () => {
    const one = guard.mailTo(project, 'a@example.org')
    const later = guard.mailTo(project, 'b@example.org')
    await create({ shownChannel: [one] })
    expect(channelsOf(newest())).toEqual([later])
  })

  test('never tells a channel of another project', async () => {
    const foreign = guard.mailTo(guard.project('bob@example.org'), 'bob@example.org')
    await create({ channel: [foreign] })
    expect(channelsOf(newest())).toEqual([])
  })

  test('without any channel in the project is warned of, with the way to one', async () => {
    const text = await member.read(newForm())
    expect(text).toContain('nobody would be told')
    expect(text).toContain(`/projects/${project.id}/channels/new`)
  })
})

describe('A slug', () => {
  test('that is made steps aside for one that is there, so that both stay reachable', async () => {
    for (const slug of ['nightly-backup', 'nightly-backup-2', 'nightly-backup-3']) {
      await create({})
      expect(newest().slug).toBe(slug)
    }
    await create({ name: 'n'.repeat(100), slug: 'n'.repeat(SLUG_MAX) })
    await create({ name: 'n'.repeat(100) })
    expect(newest().slug).toBe(`${'n'.repeat(SLUG_MAX - 2)}-2`)
  })

  test('that is typed and taken is refused, with one that is free', async () => {
    await create({})
    const response = await create({ slug: 'nightly-backup' })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('&quot;nightly-backup-2&quot; is free.')
    expect(listMonitors(guard.db, project.id)).toHaveLength(1)
  })

  test('of a name without letters a to z is none, and several monitors may have none', async () => {
    for (const name of ['備份', '🦊']) expect((await create({ name })).status).toBe(303)
    expect(listMonitors(guard.db, project.id).map(({ slug }) => slug)).toEqual(['', ''])
  })

  test('stays as it is when its monitor is edited, even one that the API gave to two', async () => {
    const monitor = guard.monitor(project, { name: 'one', slug: 'same' })
    guard.monitor(project, { name: 'two', slug: 'same' })
    expect((await edit(monitor, { slug: 'same' })).status).toBe(303)
    expect((await edit(monitor, { slug: '' })).status).toBe(303)
    expect(guard.now(monitor).slug).toBe('')
  })
})

describe('What cannot be', () => {
  test.each([
    ['name', '', 'A monitor needs a name.'],
    ['name', ' \t ', 'A monitor needs a name.'],
    ['name', 'x'.repeat(101), 'A name has at most 100 characters.'],
    ['name', 'a\0b', 'A name has no control characters.'],
    ['name', 'a\nb', 'A name has no control characters.'],
    ['tags', `a${'\u0007'}b`, 'The tags have no control characters.'],
    ['tags', 'x'.repeat(501), 'The tags have at most 500 characters.'],
    ['description', 'x'.repeat(10_001), 'A description has at most 10,000 characters.'],
    ['description', 'a\0b', 'A description has no control characters.'],
    ['slug', 'Not A Slug', 'A slug has only the letters a to z'],
    ['slug', 'x'.repeat(101), 'A slug has at most 100 characters.'],
    ['failureKeywords', 'x'.repeat(201), 'The keywords have at most 200 characters.'],
    ['period', 'fortnightly', 'Choose how often the job reports.'],
    ['graceCount', '-5', 'Say the grace as a whole number.'],
    ['graceCount', '1.5', 'Say the grace as a whole number.'],
    ['graceCount', '0', 'A grace is 1 second to 365 days.'],
    ['graceCount', '999999999', 'A grace is 1 second to 365 days.'],
  ])('%s %j is said at its field, with 422 and all that was typed', async (field, value, problem) => {
    const typed = { description: 'my words', graceUnit: 'minutes', [field]: value }
    const response = await create(typed)
    const text = await response.text()
    expect(response.status).toBe(422)
    expect(text).toContain(problem)
    expect(text).toContain(field === 'name' ? 'my words' : 'Nightly backup')
    expect(text).toContain(`id="${field}-problem"`)
    expect(listMonitors(guard.db, project.id)).toEqual([])
  })

  test.each([
    ['', 'minutes', 'Say the period as a whole number.'],
    ['ten', 'minutes', 'Say the period as a whole number.'],
    ['10', 'years', 'Say the period as a whole number.'],
    ['0', 'seconds', 'A period is 1 second to 365 days.'],
    ['366', 'days', 'A period is 1 second to 365 days.'],
  ])('is a period of %j %s', async (periodCount, periodUnit, problem) => {
    const response = await create({ period: 'other', periodCount, periodUnit })
    const text = await response.text()
    expect([response.status, fieldValue(text, 'periodCount')]).toEqual([422, periodCount])
    expect(text).toContain(problem)
  })

  test('keeps the ticks of the form that comes back', async () => {
    const [one, two] = [guard.mailTo(project, 'a@example.org'), guard.mailTo(project, 'b@example.org')]
    const text = await (await create({ name: '', shownChannel: [one, two], channel: [two], postOnly: 'on' })).text()
    expect(text).toContain(`value="${two}" checked`)
    expect(text).not.toContain(`value="${one}" checked`)
    expect(text).toContain('name="postOnly" value="on" checked')
    expect(text).toContain(`name="period" value="${DAY}" checked`)
  })

  test('comes back harmless, however hostile', async () => {
    const hostile = '"><script>alert(1)</script>'.repeat(4)
    const text = await (await create({ name: hostile, tags: hostile, slug: hostile, description: hostile })).text()
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&lt;script&gt;')
  })
})

describe('An edit', () => {
  test('shows the monitor in whole units, and saving it as it is changes nothing', async () => {
    const monitor = guard.monitor(project, {
      name: 'backup',
      slug: 'backup',
      schedule: { kind: 'period', periodMs: 36 * HOUR },
      graceMs: 90 * SECOND,
    })
    const text = await member.read(`/monitors/${monitor.uniqueKey}/edit`)
    const [periodCount, graceCount] = ['periodCount', 'graceCount'].map((name) => fieldValue(text, name) ?? '')
    expect([periodCount, graceCount]).toEqual(['36', '90'])
    expect(text).toContain('<option value="hours" selected>')
    expect(text).toContain('<option value="seconds" selected>')
    const fields = { period: 'other', periodUnit: 'hours', graceUnit: 'seconds' }
    await edit(monitor, { name: 'backup', slug: 'backup', ...fields, periodCount: '36', graceCount: '90' })
    expect(guard.now(monitor)).toEqual(monitor)
  })

  test('moves the deadline of a monitor that is up, and leaves its history alone', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor)
    const at = guard.clock.now()
    await edit(monitor, { period: String(HOUR), graceCount: '5', graceUnit: 'minutes' })
    expect(guard.now(monitor)).toMatchObject({ status: 'up', pingCount: 1, deadlineAt: at + HOUR + 5 * MINUTE })
  })

  test('unticks only channels that it showed', async () => {
    const [shown, later] = [guard.mailTo(project, 'a@example.org'), guard.mailTo(project, 'b@example.org')]
    const monitor = guard.monitor(project, { name: 'backup' }, [shown, later])
    await edit(monitor, { shownChannel: [shown] })
    expect(channelsOf(monitor)).toEqual([later])
  })

  test('leaves what only mail pings obey as it was', async () => {
    const monitor = guard.monitor(project, { name: 'backup', filter: { subject: true, body: true } })
    await edit(monitor, {})
    expect(guard.now(monitor).filter).toMatchObject({ subject: true, body: true })
  })
})

describe('The preview', () => {
  const preview = async (fields: Record<string, string>) =>
    (await member.read(`/projects/${project.id}/schedule-preview?${new URLSearchParams(fields)}`)).replace(
      /<[^>]*>/g,
      '',
    )

  test('says when the next ping is expected and when an alert goes out, in the form and by itself', async () => {
    const sentence = 'If the job reports now, the next ping is expected on 2 Mar, 12:00. Without it'
    expect(await preview({ period: String(DAY) })).toContain(`${sentence}, an alert goes out on 3 Mar, 00:00.`)
    expect((await member.read(newForm())).replace(/<[^>]*>/g, '')).toContain(sentence)
  })

  test('says seconds where they matter', async () => {
    const fields = { period: 'other', periodCount: '30', periodUnit: 'seconds', graceCount: '10', graceUnit: 'seconds' }
    const text = await preview(fields)
    expect(text).toContain('expected on 1 Mar 2026, 12:00:30. Without it, an alert goes out on 1 Mar 2026, 12:00:40.')
  })

  test('counts from the last ping of a monitor that is up, and says when it would go down at once', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor)
    guard.clock.advance(3 * HOUR)
    const about = { monitor: monitor.uniqueKey, graceCount: '1', graceUnit: 'hours' }
    expect(await preview({ ...about, period: String(DAY) })).toContain(
      'The next ping is expected on 2 Mar, 12:00; without it, an alert goes out on 2 Mar, 13:00.',
    )
    expect(await preview({ ...about, period: String(HOUR) })).toContain('it goes down at once')
  })

  test('counts from the start of a run that is under way', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor, '/start')
    const about = { monitor: monitor.uniqueKey, period: String(DAY), graceCount: '2', graceUnit: 'hours' }
    expect(await preview(about)).toContain('without its end, an alert goes out on 1 Mar, 14:00.')
  })

  test.each([
    [{}, 'Choose how often'],
    [{ period: 'other' }, 'Say the period as a whole number.'],
    [{ period: 'other', periodCount: '<script>', periodUnit: 'days' }, 'Say the period as a whole number.'],
    [{ period: String(DAY), graceCount: '9999999999', graceUnit: 'days' }, 'Say the grace as a whole number.'],
  ] as const)('of %j says what is wrong', async (fields, problem) => {
    expect(await preview(fields as Record<string, string>)).toStartWith(problem)
  })

  test('tells nothing of a monitor of another project', async () => {
    const foreign = guard.monitor(guard.project('bob@example.org'), { name: 'foreign' })
    await guard.ping(foreign)
    guard.clock.advance(3 * HOUR)
    const text = await preview({ monitor: foreign.uniqueKey, period: String(DAY) })
    expect(text).toContain('If the job reports now')
  })
})

describe('Making and changing monitors', () => {
  test('is for members, and for nobody else', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    const before = guard.now(monitor)
    const visitors: [Visitor, number, number][] = [
      [new Visitor(guard), 303, 401],
      [await signedIn(guard, 'outsider@example.org'), 404, 404],
      [await memberOf(guard, project, 'viewer'), 403, 403],
    ]
    for (const [visitor, get, post] of visitors) {
      for (const path of [
        newForm(),
        `/monitors/${monitor.uniqueKey}/edit`,
        `/projects/${project.id}/schedule-preview?period=60000`,
      ]) {
        expect((await visitor.get(path)).status).toBe(get)
      }
      for (const path of [`/projects/${project.id}/monitors`, `/monitors/${monitor.uniqueKey}`]) {
        expect((await visitor.post(path, BASIC)).status).toBe(post)
      }
    }
    expect(listMonitors(guard.db, project.id)).toEqual([before])
  })

  test('shows a monitor without a name by its slug, and asks for a name', async () => {
    const monitor = guard.monitor(project, { name: '', slug: 'nameless' })
    expect(await member.read(`/monitors/${monitor.uniqueKey}/edit`)).toContain('Edit nameless')
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { slug: 'renamed' } })
    expect((await edit(monitor, { name: '', slug: 'renamed' })).status).toBe(422)
  })
})
