import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { changeProfile } from '#actions/accounts.ts'
import { createChannel } from '#actions/channels.ts'
import { updateMonitor } from '#actions/monitors.ts'
import type { MonitorChoice } from '#domain/channel.ts'
import { type Monitor, SLUG_MAX } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn, Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Awaited<ReturnType<typeof memberOf>>

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const newForm = () => `/projects/${project.id}/monitors/new`
const BASIC = { name: 'Nightly backup', schedule: 'every day' }

const create = (fields: Record<string, string | string[]>) =>
  member.post(`/projects/${project.id}/monitors`, { ...BASIC, ...fields })
const edit = (monitor: Monitor, fields: Record<string, string | string[]>) =>
  member.post(`/monitors/${monitor.uniqueKey}`, { ...BASIC, ...fields })
const newest = (): Monitor => {
  const monitor = listMonitors(guard.db, project.id).at(-1)
  if (!monitor) throw new Error('There is no monitor')
  return monitor
}
/** Named as its scope. Without a scope, no monitor is selected. */
const channelFor = (monitors: MonitorChoice = { is: 'these', monitorIds: [] }) =>
  createChannel(guard.deps, {
    projectId: project.id,
    kind: 'webhook',
    name: monitors.is,
    settings: { url: 'https://hooks.example.org/' },
    monitors,
  }).id
const channelsOf = (monitor: Monitor) => listChannelsOfMonitor(guard.db, monitor.id).map(({ id }) => id)
const scheduleIn = (text: string) => /<textarea id="schedule"[^>]*>([^<]*)</.exec(text)?.[1]
const fieldValue = (text: string, name: string) => new RegExp(` name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1]

describe('New monitor form', () => {
  test('creates a monitor from a name, and leads to its ping URL', async () => {
    const response = await create({})
    const monitor = newest()
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`/monitors/${monitor.uniqueKey}`)
    expect(monitor).toMatchObject({ name: 'Nightly backup', slug: 'nightly-backup', graceMs: HOUR, status: 'new' })
    const text = await member.read(`/monitors/${monitor.uniqueKey}`)
    expect(text).toContain('Monitor created.')
    expect(text).toContain(`http://127.0.0.1:8000/ping/${monitor.pingKey}`)
  })

  test.each([
    ['every minute', MINUTE, MINUTE],
    ['every 5 minutes', 5 * MINUTE, 2.5 * MINUTE],
    ['every 15 minutes', 15 * MINUTE, 7.5 * MINUTE],
    ['every hour', HOUR, 30 * MINUTE],
    ['every day', DAY, HOUR],
    ['every week', WEEK, HOUR],
  ])('offers %s, with half of it as grace period, from a minute to an hour', async (schedule, periodMs, graceMs) => {
    await create({ schedule })
    expect(newest()).toMatchObject({ schedule: { kind: 'period', periodMs }, graceMs })
    expect(await member.read(newForm())).toContain(`data-put="schedule" value="${schedule}"`)
  })

  test.each([
    ['1 second', '1', 'seconds', SECOND],
    ['every 90 minutes', '90', 'minutes', 90 * MINUTE],
    ['every 36 hours', '36', 'hours', 36 * HOUR],
    ['365 days', '365', 'days', 365 * DAY],
    ['52 weeks', '52', 'weeks', 52 * WEEK],
    ['every 93784 seconds', '26', 'hours', 93_784 * SECOND],
  ])('accepts %s, and shows it so that it can be saved again', async (schedule, count, unit, ms) => {
    expect((await create({ schedule, graceCount: count, graceUnit: unit })).status).toBe(303)
    expect(newest().schedule).toMatchObject({ kind: 'period', periodMs: ms })
    const text = await member.read(`/monitors/${newest().uniqueKey}/edit`)
    expect(fieldValue(text, 'graceCount')).toMatch(/^[1-9]\d*$/)
    await edit(newest(), { schedule: scheduleIn(text) ?? '' })
    expect(newest().schedule).toMatchObject({ kind: 'period', periodMs: ms })
  })

  test.each([
    { typed: 'daily at 3am', kind: 'cron', expression: '0 3 * * *', graceMs: HOUR },
    { typed: 'weekdays at 18:30', kind: 'cron', expression: '30 18 * * 1-5', graceMs: HOUR },
    { typed: '0 3 * * * root /x.sh', kind: 'cron', expression: '0 3 * * *', graceMs: HOUR },
    { typed: '*/10 * * * *', kind: 'cron', expression: '*/10 * * * *', graceMs: 5 * MINUTE },
    { typed: 'Mon..Fri 18:30', kind: 'on-calendar', expression: 'Mon..Fri 18:30', graceMs: HOUR },
    { typed: '*-*-* 03:00\r\nSat 12:00', kind: 'on-calendar', expression: '*-*-* 03:00\nSat 12:00', graceMs: HOUR },
    { typed: 'OnCalendar=hourly', kind: 'on-calendar', expression: 'hourly', graceMs: 30 * MINUTE },
  ])('understands $typed, in the chosen time zone', async ({ typed, graceMs, ...schedule }) => {
    expect((await create({ schedule: typed, timeZone: 'Europe/Riga' })).status).toBe(303)
    expect(newest()).toMatchObject({ schedule: { ...schedule, timeZone: 'Europe/Riga' }, graceMs, earlyMs: null })
    const text = await member.read(`/monitors/${newest().uniqueKey}/edit`)
    expect(text).toContain('<option value="Europe/Riga" selected>')
    await edit(newest(), { schedule: scheduleIn(text) ?? '', timeZone: 'Europe/Riga' })
    expect(newest().schedule).toMatchObject({ ...schedule, timeZone: 'Europe/Riga' })
  })

  test('offers the time zone of the user, and accepts an old name of a zone', async () => {
    changeProfile(guard.deps, { userId: member.user.id, name: '', timeZone: 'Asia/Kolkata' })
    expect(await member.read(newForm())).toContain('<option value="Asia/Kolkata" selected>')
    await create({ schedule: '0 3 * * *', timeZone: 'Europe/Kiev' })
    expect(newest().schedule.timeZone).toBe('Europe/Kyiv')
  })

  test('stores run times, early pings and the number of failures before an alert', async () => {
    await create({
      schedule: '0 3 * * *',
      maxRunCount: '2',
      maxRunUnit: 'hours',
      minRunCount: '5',
      minRunUnit: 'seconds',
      earlyCount: '0',
      earlyUnit: 'minutes',
      failuresToAlert: '3',
    })
    const limits = { maxRunMs: 2 * HOUR, minRunMs: 5 * SECOND, earlyMs: 0, failuresToAlert: 3 }
    expect(newest()).toMatchObject(limits)
    const text = await member.read(`/monitors/${newest().uniqueKey}/edit`)
    expect(
      ['maxRunCount', 'minRunCount', 'earlyCount', 'failuresToAlert'].map((name) => fieldValue(text, name)),
    ).toEqual(['2', '5', '0', '3'])
    const page = await member.read(`/monitors/${newest().uniqueKey}`)
    expect(page).toContain('Maximum run time: 2 hours. Minimum run time: 5 seconds.')
    expect(page).toContain('Goes down after 3 failures in a row.')
    expect(page).toContain('not accepted')
    await edit(newest(), { schedule: '0 3 * * *' })
    expect(newest()).toMatchObject({ maxRunMs: null, minRunMs: null, earlyMs: null, failuresToAlert: 1 })
    expect(await member.read(`/monitors/${newest().uniqueKey}`)).toContain('accepted up to 15 minutes before')
  })

  test('refuses a schedule that never runs again', async () => {
    const response = await create({ schedule: '2020-01-01 03:00' })
    expect(response.status).toBe(422)
    expect(await response.text()).toContain('This schedule never runs again: all its dates are in the past.')
  })

  test('refuses an alias that any other monitor has or had', async () => {
    await create({ alias: 'fCGjHXEQKpZ81mLw' })
    expect(newest().alias).toBe('fCGjHXEQKpZ81mLw')
    const bobs = guard.project('bob@example.org')
    const other = await signedIn(guard, 'bob@example.org')
    const taken = await other.post(`/projects/${bobs.id}/monitors`, { ...BASIC, alias: 'fCGjHXEQKpZ81mLw' })
    expect(taken.status).toBe(422)
    expect(await taken.text()).toContain('This alias is in use, or was used by another monitor.')
    expect((await edit(newest(), { alias: 'fCGjHXEQKpZ81mLw' })).status).toBe(303)
    expect((await edit(newest(), { alias: '' })).status).toBe(303)
    const retired = await other.post(`/projects/${bobs.id}/monitors`, { ...BASIC, alias: 'fCGjHXEQKpZ81mLw' })
    expect(retired.status).toBe(422)
  })

  test('stores tags, description and advanced rules', async () => {
    await create({
      tags: ' prod  nas ',
      description: 'First line\r\nsecond line',
      slug: 'own_slug',
      manualResume: 'on',
      postOnly: 'on',
      filterHttpBody: 'on',
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

  test('gives the monitor the channels for all monitors or for its tags, and names them beforehand', async () => {
    const [all, tagged, these] = [
      channelFor({ is: 'all' }),
      channelFor({ is: 'tag', tags: ['db', 'web'] }),
      channelFor(),
    ]
    const text = words(await member.read(newForm()))
    expect(text).toContain('all : all monitors, including new ones')
    expect(text).toContain('tag : monitors with the tag “db” or “web”')
    expect(text).not.toContain('these :')
    await create({ tags: 'nightly web' })
    expect(channelsOf(newest()).sort()).toEqual([all, tagged].sort())
    await create({})
    expect(channelsOf(newest())).toEqual([all])
    expect(these).not.toBe(all)
  })

  test('warns when no channel notifies about every new monitor, with a link to the channels', async () => {
    channelFor()
    const text = await member.read(newForm())
    expect(words(text)).toContain('No channel covers new monitors.')
    expect(text).toContain(`href="/projects/${project.id}/channels"`)
  })
})

describe('Slug', () => {
  test('of a new monitor gets a number when it is taken', async () => {
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
    expect(await response.text()).toContain('&quot;nightly-backup-2&quot; is available.')
    expect(listMonitors(guard.db, project.id)).toHaveLength(1)
  })

  test('of a name without letters a to z is empty, for any number of monitors', async () => {
    for (const name of ['備份', '🦊']) expect((await create({ name })).status).toBe(303)
    expect(listMonitors(guard.db, project.id).map(({ slug }) => slug)).toEqual(['', ''])
  })

  test('is kept when its monitor is edited, even one that the API gave to two', async () => {
    const monitor = guard.monitor(project, { name: 'one', slug: 'same' })
    guard.monitor(project, { name: 'two', slug: 'same' })
    expect((await edit(monitor, { slug: 'same' })).status).toBe(303)
    expect((await edit(monitor, { slug: '' })).status).toBe(303)
    expect(guard.now(monitor).slug).toBe('')
  })
})

describe('Monitor form with an error', () => {
  test.each([
    ['name', '', 'Enter a name.'],
    ['name', ' \t ', 'Enter a name.'],
    ['name', 'x'.repeat(101), 'Use at most 100 characters.'],
    ['name', 'a\0b', 'Remove the control characters.'],
    ['name', 'a\nb', 'Remove the control characters.'],
    ['tags', `a${'\u0007'}b`, 'Remove the control characters.'],
    ['tags', 'x'.repeat(501), 'Use at most 500 characters.'],
    ['description', 'x'.repeat(10_001), 'Use at most 10,000 characters.'],
    ['description', 'a\0b', 'Remove the control characters.'],
    ['slug', 'Not A Slug', 'Use only'],
    ['slug', 'x'.repeat(101), 'Use at most 100 characters.'],
    ['failureKeywords', 'x'.repeat(201), 'Use at most 200 characters.'],
    ['schedule', '', 'Enter a schedule'],
    ['schedule', 'when it rains', 'when it rains'],
    ['schedule', '61 * * * *', '61'],
    ['schedule', '0 0 31 2 *', 'This never runs: that date does not exist'],
    ['schedule', '0 seconds', 'A period must be between 1 second and 365 days.'],
    ['schedule', '366 days', 'A period must be between 1 second and 365 days.'],
    ['timeZone', 'Mars/Olympus', 'Choose a time zone from the list.'],
    ['alias', 'abc', 'Use 16 to 64 letters'],
    ['alias', 'a b c d', 'Use 16 to 64 letters'],
    ['maxRunCount', '0', 'Enter 1 second to 365 days.'],
    ['minRunCount', 'soon', 'Enter a whole number.'],
    ['earlyCount', '1441', 'Enter at most 1 day.'],
    ['failuresToAlert', '0', 'Enter a whole number from 1 to 100.'],
    ['failuresToAlert', '101', 'Enter a whole number from 1 to 100.'],
    ['graceCount', '-5', 'Enter a whole number.'],
    ['graceCount', '1.5', 'Enter a whole number.'],
    ['graceCount', '0', 'Enter 1 second to 365 days.'],
    ['graceCount', '999999999', 'Enter 1 second to 365 days.'],
  ])('%s %j: answers 422, with the error at the field and the input kept', async (field, value, problem) => {
    const units = { graceUnit: 'minutes', maxRunUnit: 'minutes', minRunUnit: 'minutes', earlyUnit: 'minutes' }
    const typed = { description: 'my words', ...units, [field]: value }
    const response = await create(typed)
    const text = await response.text()
    expect(response.status).toBe(422)
    expect(text).toContain(problem)
    expect(text).toContain(field === 'name' ? 'my words' : 'Nightly backup')
    expect(text).toContain(`id="${field}-problem"`)
    expect(listMonitors(guard.db, project.id)).toEqual([])
  })

  test('has the focus at the error, and a new form at the name', async () => {
    const focused = (html: string) => /id="([^"]*)"[^>]* autofocus/.exec(html)?.[1]
    expect(focused(await (await create({ slug: 'Not A Slug' })).text())).toBe('slug')
    expect(focused(await member.read(`/projects/${project.id}/monitors/new`))).toBe('name')
  })

  test('keeps the ticks', async () => {
    const text = await (await create({ name: '', postOnly: 'on' })).text()
    expect(text).toContain('name="postOnly" value="on" checked')
    expect(scheduleIn(text)).toBe('every day')
  })

  test('escapes hostile input', async () => {
    const hostile = '"><script>alert(1)</script>'.repeat(4)
    const text = await (await create({ name: hostile, tags: hostile, slug: hostile, description: hostile })).text()
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&lt;script&gt;')
  })
})

describe('Edit monitor form', () => {
  test('shows the monitor in whole units, and saving it unchanged changes nothing', async () => {
    const monitor = guard.monitor(project, {
      name: 'backup',
      slug: 'backup',
      schedule: { kind: 'period', periodMs: 36 * HOUR },
      graceMs: 90 * SECOND,
      earlyMs: null,
    })
    const text = await member.read(`/monitors/${monitor.uniqueKey}/edit`)
    expect([scheduleIn(text), fieldValue(text, 'graceCount')]).toEqual(['every 1 day 12 hours', '90'])
    expect(text).toContain('<option value="seconds" selected>')
    const fields = { schedule: 'every 1 day 12 hours', graceCount: '90', graceUnit: 'seconds' }
    await edit(monitor, { name: 'backup', slug: 'backup', ...fields })
    expect(guard.now(monitor)).toEqual(monitor)
  })

  test('moves the deadline of a monitor that is up, and keeps its history', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor)
    const at = guard.clock.now()
    await edit(monitor, { schedule: 'every hour', graceCount: '5', graceUnit: 'minutes' })
    expect(guard.now(monitor)).toMatchObject({ status: 'up', pingCount: 1, deadlineAt: at + HOUR + 5 * MINUTE })
  })

  test('names the channels of the monitor and why, and changes none of them', async () => {
    const [all, tagged, these] = [channelFor({ is: 'all' }), channelFor({ is: 'tag', tags: ['db'] }), channelFor()]
    const monitor = guard.monitor(project, { name: 'backup', tags: 'db' }, [tagged, these])
    const text = words(await member.read(`/monitors/${monitor.uniqueKey}/edit`))
    expect(text).toContain('all : all monitors, including new ones, except this one')
    expect(text).toContain('tag : monitors with the tag “db”')
    expect(text).toContain('these : added for this monitor')
    await edit(monitor, { tags: 'db' })
    expect(channelsOf(monitor).sort()).toEqual([tagged, these].sort())
    expect(all).not.toBe(tagged)
  })

  test('warns about a monitor without a channel', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    const text = words(await member.read(`/monitors/${monitor.uniqueKey}/edit`))
    expect(text).toContain('No one gets notified about this monitor.')
  })

  test('shows and stores in which parts of an email keywords are searched', async () => {
    const monitor = guard.monitor(project, { name: 'backup', filter: { subject: true, body: true } })
    const text = await member.read(`/monitors/${monitor.uniqueKey}/edit`)
    for (const name of ['filterSubject', 'filterBody']) expect(text).toContain(`name="${name}" value="on" checked`)
    await edit(monitor, { filterBody: 'on' })
    expect(guard.now(monitor).filter).toMatchObject({ subject: false, body: true })
  })

  test('keeps the values of the other schedule kinds for a later change back', async () => {
    const monitor = guard.monitor(project, { name: 'backup', schedule: { periodMs: HOUR } })
    await edit(monitor, { schedule: '0 3 * * *' })
    expect(guard.now(monitor).schedule).toMatchObject({ kind: 'cron', periodMs: HOUR })
    await edit(monitor, { schedule: 'every week' })
    expect(guard.now(monitor).schedule).toMatchObject({ kind: 'period', periodMs: WEEK, expression: '0 3 * * *' })
  })
})

describe('Monitor forms by role', () => {
  test('are for members only', async () => {
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
        `/projects/${project.id}/schedule-preview?schedule=1m`,
      ]) {
        expect((await visitor.get(path)).status).toBe(get)
      }
      for (const path of [`/projects/${project.id}/monitors`, `/monitors/${monitor.uniqueKey}`]) {
        expect((await visitor.post(path, BASIC)).status).toBe(post)
      }
    }
    expect(listMonitors(guard.db, project.id)).toEqual([before])
  })

  test('show an unnamed monitor by its slug, and require a name', async () => {
    const monitor = guard.monitor(project, { name: '', slug: 'nameless' })
    expect(await member.read(`/monitors/${monitor.uniqueKey}/edit`)).toContain('Edit nameless')
    updateMonitor(guard.deps, { ref: guard.refOf(monitor), change: { slug: 'renamed' } })
    expect((await edit(monitor, { name: '', slug: 'renamed' })).status).toBe(422)
  })
})
