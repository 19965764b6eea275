import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import {
  changeSettings,
  type Monitor,
  type MonitorChange,
  type MonitorSettings,
  NEW_STATE,
  NO_ALERT_RULES,
  NO_RULES,
  shownName,
  tagList,
  uniqueKeyOf,
} from '#domain/monitor.ts'
import { type MonitorMatch, matchesMonitor } from '#domain/monitor-settings.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'

const SETTINGS: MonitorSettings = {
  ...NO_RULES,
  ...NO_ALERT_RULES,
  filter: { ...NO_RULES.filter, failureKeywords: 'error', httpBody: true },
  name: 'Backup',
  slug: 'backup',
  tags: 'nightly db',
  description: 'Copies the database.',
  alias: '',
  aliasDialect: null,
  schedule: everyPeriod(HOUR),
  graceMs: 5 * MINUTE,
}

const BACKUP: Monitor = {
  id: 1,
  projectId: 'project-1',
  ...SETTINGS,
  ...NEW_STATE,
  pingKey: '6f1c2d3e-4a5b-4c6d-8e7f-001122334455',
  uniqueKey: uniqueKeyOf('6f1c2d3e-4a5b-4c6d-8e7f-001122334455'),
  badgeKey: 'aaaaaaaa-0000-4000-8000-000000000001',
  scheduleSince: 0,
  createdAt: 0,
}

describe('uniqueKeyOf', () => {
  test('is the SHA-1 of the first 16 hex digits of the ping key, as Healthchecks clients expect', () => {
    expect(uniqueKeyOf(BACKUP.pingKey)).toBe(createHash('sha1').update('6f1c2d3e4a5b4c6d').digest('hex'))
  })
})

describe('shownName', () => {
  test.each([
    { name: 'Backup', slug: 'backup', shown: 'Backup' },
    { name: '', slug: 'backup', shown: 'backup' },
    { name: '', slug: '', shown: 'monitor 01234567' },
  ])('name "$name", slug "$slug": $shown', ({ name, slug, shown }) => {
    const monitor = { ...BACKUP, name, slug, uniqueKey: '0123456789abcdef0123456789abcdef01234567' }
    expect(shownName(monitor)).toBe(shown)
    expect(shownName(monitor)).not.toContain(monitor.pingKey.slice(0, 8))
  })
})

describe('tagList', () => {
  const cases: { tags: string; list: string[] }[] = [
    { tags: '', list: [] },
    { tags: '   ', list: [] },
    { tags: 'db', list: ['db'] },
    { tags: ' nightly \t db\nprod ', list: ['nightly', 'db', 'prod'] },
    { tags: 'db db', list: ['db', 'db'] },
    { tags: '<b> a,b', list: ['<b>', 'a,b'] },
  ]
  test.each(cases)('case %#: $list', ({ tags, list }) => {
    expect(tagList(tags)).toEqual(list)
  })
})

describe('changeSettings changes only the given fields', () => {
  const filter = SETTINGS.filter
  const cases: { change: MonitorChange; changed: Partial<MonitorSettings> }[] = [
    { change: {}, changed: {} },
    { change: { name: 'Copy' }, changed: { name: 'Copy' } },
    { change: { name: '', description: '' }, changed: { name: '', description: '' } },
    { change: { postOnly: true, graceMs: HOUR }, changed: { postOnly: true, graceMs: HOUR } },
    { change: { filter: {} }, changed: {} },
    { change: { filter: { subject: true } }, changed: { filter: { ...filter, subject: true } } },
    {
      change: { filter: { failureKeywords: '', httpBody: false } },
      changed: { filter: { ...filter, failureKeywords: '', httpBody: false } },
    },
  ]
  test.each(cases)('case %#', ({ change, changed }) => {
    const before = structuredClone(SETTINGS)
    expect(changeSettings(SETTINGS, change)).toEqual({ ...SETTINGS, ...changed })
    expect(SETTINGS).toEqual(before)
  })
})

describe('matchesMonitor: every given field must be equal', () => {
  const cases: { match: MonitorMatch; isMatch: boolean }[] = [
    { match: {}, isMatch: true },
    { match: { name: 'Backup' }, isMatch: true },
    { match: { name: 'backup' }, isMatch: false },
    { match: { name: '' }, isMatch: false },
    { match: { slug: 'backup' }, isMatch: true },
    { match: { slug: 'back' }, isMatch: false },
    { match: { tags: 'nightly db' }, isMatch: true },
    { match: { tags: 'db nightly' }, isMatch: false },
    { match: { 'schedule.periodMs': HOUR }, isMatch: true },
    { match: { 'schedule.periodMs': HOUR + 1 }, isMatch: false },
    { match: { graceMs: 5 * MINUTE }, isMatch: true },
    { match: { graceMs: HOUR }, isMatch: false },
    { match: { name: 'Backup', slug: 'backup', graceMs: 5 * MINUTE, 'schedule.periodMs': HOUR }, isMatch: true },
    { match: { name: 'Backup', slug: 'backup', graceMs: 6 * MINUTE }, isMatch: false },
  ]
  test.each(cases)('case %#', ({ match, isMatch }) => {
    expect(matchesMonitor(BACKUP, match)).toBe(isMatch)
  })
})
