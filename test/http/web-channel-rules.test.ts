// The rules of a channel in its form, in the API, in exports, and on the pages of incidents.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createChannel, updateChannel } from '#actions/channels.ts'
import { exportConfiguration } from '#actions/exports.ts'
import { importConfiguration, readExport } from '#actions/imports.ts'
import { ALL_DAYS, type ChannelRules, DEFAULT_RULES } from '#domain/channel-rules.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findChannel, listChannels } from '#store/channels.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

const RULES: ChannelRules = {
  events: ['down', 'up'],
  quietHours: { from: '22:00', to: '07:00', days: [1, 2, 3, 4, 5], tz: 'Europe/Riga' },
  delayMs: 90 * MINUTE,
  drills: true,
}
const FIELDS = {
  'event-down': 'on',
  'event-up': 'on',
  'quietHours.from': '22:00',
  'quietHours.to': '07:00',
  'quietHours.tz': 'Europe/Riga',
  'day-1': 'on',
  'day-2': 'on',
  'day-3': 'on',
  'day-4': 'on',
  'day-5': 'on',
  delayMs: '1h 30m',
  drills: 'on',
}

let guard: TestGuard
let project: Project
let channelId: string
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  channelId = guard.mailTo(project, 'ops@example.org')
  member = await memberOf(guard, project, 'member')
})
afterEach(() => {
  guard.live.close()
  guard.stop()
})

const rules = (id = channelId) => findChannel(guard.db, id)?.rules
const setRules = (changed: Partial<ChannelRules>) =>
  updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, rules: changed })
const page = () => `/channels/${channelId}`
const form = { kind: 'email', scope: 'all', name: 'ops', 'setting-address': 'ops@example.org' }

describe('The form of a channel', () => {
  test('begins with all events, without delay and quiet hours', async () => {
    const text = await member.read(`/projects/${project.id}/channels/new?kind=email`)
    for (const event of ['down', 'up', 'reminder']) {
      expect(text).toMatch(new RegExp(`name="event-${event}"[^>]* checked`))
    }
    expect(text).toMatch(/name="delayMs"[^>]*value=""/)
    expect(text).toMatch(/name="quietHours.from"[^>]*value=""/)
  })

  test('stores the rules of a new channel', async () => {
    await member.post(`/projects/${project.id}/channels`, { ...form, ...FIELDS })
    const created = listChannels(guard.db, project.id).find(({ id }) => id !== channelId)
    expect(created?.rules).toEqual(RULES)
  })

  test('shows and keeps the rules of a channel', async () => {
    setRules(RULES)
    const shown = await member.read(page())
    expect(words(shown)).toContain(
      'Notifies of: down, up. After 1 hour 30 minutes without acknowledgment. ' +
        'Quiet hours 22:00 to 07:00, Mon to Fri (Europe/Riga). A test every week.',
    )
    const values = [...shown.matchAll(/<input[^>]*name="((?:quietHours|delayMs|event|day|drills)[^"]*)"[^>]*>/g)]
    const ticked = values.filter(([tag]) => !tag.includes('checkbox') || tag.includes('checked'))
    const given = ticked.map(([tag, name = '']) => [name, tag.match(/value="([^"]*)"/)?.[1] ?? 'on'] as const)
    await member.post(page(), { ...form, ...Object.fromEntries(given), 'quietHours.tz': 'Europe/Riga' })
    expect(rules()).toEqual(RULES)
  })

  test('clears them', async () => {
    setRules(RULES)
    await member.post(page(), { ...form, 'event-down': 'on', 'event-up': 'on', 'event-reminder': 'on' })
    expect(rules()).toEqual(DEFAULT_RULES)
  })

  test.each([
    [{ delayMs: 'soon' }, 'Enter a duration, such as “30 minutes”.'],
    [{ delayMs: '8 days' }, 'A delay can be up to'],
    [{ 'quietHours.from': '' }, 'Enter a time such as 22:00.'],
    [{ 'quietHours.tz': 'Mars' }, 'Not a time zone.'],
    [{ 'quietHours.to': '22:00', 'day-6': 'on', 'day-7': 'on' }, 'Leave out a day'],
  ])('refuses %p, and keeps what was typed', async (change, problem) => {
    const response = await member.post(page(), { ...form, ...FIELDS, ...change })
    expect(response.status).toBe(422)
    const text = await response.text()
    expect(words(text)).toContain(problem)
    expect(text).toContain('value="on" checked')
    expect(rules()).toEqual(DEFAULT_RULES)
  })

  test('refuses quiet hours without a day', async () => {
    const { 'day-1': _1, 'day-2': _2, 'day-3': _3, 'day-4': _4, 'day-5': _5, ...noDays } = FIELDS
    const response = await member.post(page(), { ...form, ...noDays })
    expect([response.status, words(await response.text())]).toEqual([
      422,
      expect.stringContaining('Choose at least one day.'),
    ])
  })

  test('notices that someone else changed the rules meanwhile', async () => {
    const seen = (await member.read(page())).match(/name="seen" value="([^"]+)"/)?.[1] ?? ''
    setRules({ delayMs: HOUR })
    const response = await member.post(page(), { ...form, ...FIELDS, seen })
    expect([response.status, words(await response.text())]).toEqual([422, expect.stringContaining('“Delay”')])
  })
})

describe('The management API', () => {
  const call = (path: string, body?: unknown) => callApi(guard, path, { with: guard.apiKey(project), body })
  const wire = {
    events: ['down', 'up'],
    quiet_hours: { from: '22:00', to: '07:00', days: [1, 2, 3, 4, 5], tz: 'Europe/Riga' },
    delay: 5400,
    weekly_test: true,
  }

  test('sets, returns and clears the rules', async () => {
    expect((await call(`/channels/${channelId}`, wire)).json).toMatchObject(wire)
    expect(rules()).toEqual(RULES)
    expect((await call(`/channels/${channelId}`, { name: 'x' })).json).toMatchObject(wire)
    await call(`/channels/${channelId}`, {
      events: ['reminder', 'up', 'down'],
      quiet_hours: null,
      delay: 0,
      weekly_test: false,
    })
    expect(rules()).toEqual(DEFAULT_RULES)
  })

  test('creates a channel with rules; quiet hours are on all days by default', async () => {
    const { days: _, ...quiet_hours } = wire.quiet_hours
    const settings = { url: 'https://hooks.example.org/2' }
    const created = await call('/channels/', { kind: 'webhook', settings, ...wire, quiet_hours })
    expect(rules(String((created.json as { id: string }).id))?.quietHours?.days).toEqual([...ALL_DAYS])
  })

  test.each([
    [{ events: ['sideways'] }, 'events has an unknown event'],
    [{ events: 'down' }, 'events is not an array'],
    [{ quiet_hours: 'night' }, 'quiet_hours is not an object'],
    [{ quiet_hours: { from: '22', to: '07:00', tz: 'UTC' } }, 'quiet_hours has a time that is not like 22:00'],
    [{ quiet_hours: { from: '22:00', to: '07:00', days: [8], tz: 'UTC' } }, 'quiet_hours has a day that is not 1 to 7'],
    [{ quiet_hours: { from: '22:00', to: '07:00', days: [], tz: 'UTC' } }, 'quiet_hours has no days'],
    [{ quiet_hours: { from: '22:00', to: '22:00', tz: 'UTC' } }, 'quiet_hours never ends'],
    [{ quiet_hours: { from: '22:00', to: '07:00', tz: 'Mars' } }, 'quiet_hours has an invalid timezone'],
    [{ quiet_hours: { from: '22:00', to: '07:00' } }, 'quiet_hours has no tz'],
    [{ delay: -1 }, 'delay is too small'],
    [{ delay: 8 * 86_400 }, 'delay is too large'],
  ])('refuses %p', async (body, error) => {
    expect(await call(`/channels/${channelId}`, body)).toMatchObject({
      status: 400,
      json: { error: `json validation error: ${error}` },
    })
    expect(rules()).toEqual(DEFAULT_RULES)
  })
})

describe('An export', () => {
  test('has the rules, and an import restores them, also over a channel that has others', async () => {
    setRules(RULES)
    const file = exportConfiguration(guard.deps, { withSecrets: true })
    setRules(DEFAULT_RULES)
    const content = readExport(JSON.stringify(file))
    await importConfiguration(guard.deps, { content, ownerEmail: null, isDryRun: false })
    expect(rules()).toEqual(RULES)
  })

  test('leaves out the defaults', () => {
    const file = exportConfiguration(guard.deps, { withSecrets: true })
    expect(Object.keys(file.projects[0]?.channels[0] ?? {})).not.toContain('delay_ms')
  })
})

test('The page of an incident says what is held for quiet hours, and until when', async () => {
  const quietHours = { from: '00:00', to: '23:00', days: [...ALL_DAYS], tz: 'UTC' }
  setRules({ quietHours })
  const monitor = guard.monitor(project, { name: 'backup' }, [channelId])
  await guard.ping(monitor, '/fail')
  await guard.tick()
  const { id } = guard.db.get<{ id: string }>('SELECT id FROM incidents') ?? { id: '' }
  expect(words(await member.read(`/incidents/${id}`))).toContain('Held for quiet hours, sent in 11 hours')
})

test('A channel is created with its rules', () => {
  const { id } = createChannel(guard.deps, {
    projectId: project.id,
    kind: 'webhook',
    name: '',
    settings: { url: 'https://hooks.example.org/3' },
    rules: { delayMs: HOUR },
  })
  expect(rules(id)).toEqual({ ...DEFAULT_RULES, delayMs: HOUR })
})
