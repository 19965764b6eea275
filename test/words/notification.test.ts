import { describe, expect, test } from 'bun:test'
import type { Transition } from '#domain/lifecycle.ts'
import { type Monitor, NEW_STATE, NO_ALERT_RULES, NO_RULES } from '#domain/monitor.ts'
import {
  composeNotification,
  composeTest,
  type MonitorNotification,
  type NotificationFacts,
} from '#domain/notification.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { everyPeriod } from '#domain/schedule.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { notificationDetails, notificationFacts, notificationHeading, notificationTitle } from '#words/notification.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 37, 41)
const PING_KEY = '0193b5a0-5ec4-4e70-8000-1234567890ab'
const BADGE_KEY = '0193b5a0-bad6-4e70-8000-1234567890ab'
const HOSTILE = `<img src=x onerror=alert(1)> & "quotes"`

const BACKUP: Monitor = {
  id: 1,
  ...NO_RULES,
  ...NO_ALERT_RULES,
  ...NEW_STATE,
  projectId: 'project-1',
  status: 'down',
  pingCount: 7,
  lastPingAt: NOW - 65 * MINUTE,
  openRuns: [{ startedAt: NOW - 5 * MINUTE, runId: null }],
  schedule: everyPeriod(HOUR),
  graceMs: 5 * MINUTE,
  name: 'Backup',
  slug: 'backup',
  tags: ' nightly  db ',
  description: '',
  alias: '',
  aliasDialect: null,
  pingKey: PING_KEY,
  uniqueKey: 'abcdef0123456789abcdef0123456789abcdef01',
  badgeKey: BADGE_KEY,
  scheduleSince: 0,
  createdAt: 0,
}

const SUCCESS: RecordedPing = {
  monitorId: 1,
  number: 7,
  kind: 'success',
  runId: null,
  exitStatus: null,
  at: NOW - 65 * MINUTE,
  durationMs: null,
  bodySize: 12,
  droppedBytes: 0,
  scheme: 'https',
  method: 'POST',
  remoteAddress: '192.0.2.7',
  userAgent: `curl ${PING_KEY}`,
}

const DUE = NOW - 5 * MINUTE

function down(reason: Transition['reason']): Transition {
  return { from: 'up', to: 'down', at: NOW, reason }
}

function compose(facts: Partial<NotificationFacts> = {}): MonitorNotification {
  const timeout = {
    monitor: BACKUP,
    transition: down('timeout'),
    project: 'Billing',
    lastPing: SUCCESS,
    dueAt: null,
    downSince: null,
  }
  return composeNotification({ ...timeout, ...facts })
}

describe('notificationTitle and notificationDetails', () => {
  const failure: RecordedPing = { ...SUCCESS, kind: 'fail', at: NOW }
  const up = { transition: { from: 'down', to: 'up', at: NOW, reason: 'ping' } } as const
  const cases: { name: string; facts: Partial<NotificationFacts>; title: string; details: string }[] = [
    {
      name: 'a missed ping',
      facts: { dueAt: DUE },
      title: 'Down: Backup',
      details: 'No ping received. One was due on 23 Nov 2026, 09:32:41 UTC, with a grace period of 5 minutes.',
    },
    {
      name: 'an overrun',
      facts: { transition: down('overrun'), dueAt: DUE, lastPing: { ...SUCCESS, kind: 'start' } },
      title: 'Down: Backup',
      details: 'The run that started on 23 Nov 2026, 09:32:41 UTC did not finish within 5 minutes.',
    },
    {
      name: 'a failure',
      facts: { transition: down('fail'), lastPing: failure },
      title: 'Down: Backup',
      details: 'The job reported a failure.',
    },
    {
      name: 'a failure with an exit status',
      facts: { transition: down('fail'), lastPing: { ...failure, exitStatus: 137 } },
      title: 'Down: Backup',
      details: 'The job failed with exit status 137.',
    },
    {
      name: 'no ping since the monitor was resumed',
      facts: { transition: down('no-ping'), dueAt: DUE },
      title: 'Down: Backup',
      details:
        'No ping received since the monitor was resumed. One was due on 23 Nov 2026, 09:32:41 UTC, ' +
        'with a grace period of 5 minutes.',
    },
    {
      name: 'a run that was too short again',
      facts: {
        transition: down('fail'),
        monitor: { ...BACKUP, minRunMs: MINUTE, failuresInARow: 3 },
        lastPing: { ...failure, durationMs: 2 * SECOND },
      },
      title: 'Down: Backup',
      details: 'The run took 2 seconds, less than the minimum of 1 minute. It has failed 3 times in a row.',
    },
    {
      name: 'a run that was too long',
      facts: {
        transition: down('fail'),
        monitor: { ...BACKUP, maxRunMs: HOUR },
        lastPing: { ...failure, durationMs: 90 * MINUTE, exitStatus: 0 },
      },
      title: 'Down: Backup',
      details: 'The run took 1 hour 30 minutes, more than the maximum of 1 hour.',
    },
    {
      name: 'a run that was too long and failed',
      facts: {
        transition: down('fail'),
        monitor: { ...BACKUP, maxRunMs: HOUR },
        lastPing: { ...failure, durationMs: 90 * MINUTE, exitStatus: 2 },
      },
      title: 'Down: Backup',
      details: 'The job failed with exit status 2.',
    },
    {
      name: 'a success reported manually',
      facts: { ...up, downSince: NOW - HOUR, lastPing: { ...SUCCESS, reportedBy: 'Ada Winter' } },
      title: 'Up: Backup',
      details: 'Ada Winter reported success manually after 1 hour of downtime.',
    },
    {
      name: 'a recovery',
      facts: { ...up, downSince: NOW - 2 * HOUR - 5 * MINUTE },
      title: 'Up: Backup',
      details: 'The job recovered after 2 hours 5 minutes of downtime.',
    },
    {
      name: 'a recovery after an unknown downtime',
      facts: up,
      title: 'Up: Backup',
      details: 'The job recovered.',
    },
  ]
  test.each(cases)('$name', ({ facts, title, details }) => {
    const notification = compose(facts)
    expect(notificationTitle(notification, 'UTC')).toBe(title)
    expect(notificationDetails(notification, 'UTC')).toBe(details)
    expect(notification.isTest).toBe(false)
  })

  test('a test says that it is a test', () => {
    const notification = composeTest({ project: 'Billing', now: NOW })
    expect(notification).toMatchObject({ status: 'down', at: NOW, isTest: true, project: 'Billing' })
    expect(notificationTitle(notification, 'UTC')).toBe('Down: TEST')
    expect(notificationDetails(notification, 'UTC')).toBe(
      'This is a test. A real notification says: “No ping received. ' +
        'One was due on 23 Nov 2026, 09:07:41 UTC, with a grace period of 30 minutes.”',
    )
  })
})

test('notificationHeading: says since when, also after a recovery', () => {
  const up = compose({ transition: { from: 'down', to: 'up', at: NOW, reason: 'ping' } })
  expect([compose(), up].map((one) => notificationHeading(one, 'UTC'))).toEqual([
    { word: 'Down', rest: 'since 09:37', name: 'Backup' },
    { word: 'Up', rest: 'since 09:37', name: 'Backup' },
  ])
})

describe('composeNotification', () => {
  test('contains the due time of the ping', () => {
    expect(compose({ dueAt: DUE })).toMatchObject({ reason: 'timeout', dueAt: DUE, downMs: null, at: NOW })
  })

  test('contains the downtime, from the start of the incident to the ping', () => {
    const transition = { from: 'down', to: 'up', at: NOW, reason: 'ping' } as const
    expect(compose({ transition, downSince: NOW - HOUR })).toMatchObject({ status: 'up', downMs: HOUR, dueAt: null })
    expect(compose({ transition, downSince: NOW }).downMs).toBe(0)
    expect(compose({ transition, downSince: NOW + HOUR }).downMs).toBe(0)
  })

  test('contains the last ping without its sender', () => {
    expect(compose().lastPing).toEqual({ kind: 'success', at: SUCCESS.at, exitStatus: null, durationMs: null })
    expect(compose({ lastPing: null }).lastPing).toBeNull()
  })

  test('contains the settings of the monitor, with tags as a list', () => {
    const { schedule, graceMs, uniqueKey } = BACKUP
    const kept = { name: 'Backup', slug: 'backup', tags: ['nightly', 'db'], description: '', pingCount: 7 }
    const limits = { maxRunMs: null, minRunMs: null, failuresInARow: 0 }
    expect(compose().monitor).toEqual({ ...kept, ...limits, schedule, graceMs, uniqueKey })
  })
})

describe('notificationTitle: the name of the monitor', () => {
  test.each([
    { name: 'Backup', slug: 'backup', shown: 'Backup' },
    { name: '', slug: 'backup', shown: 'backup' },
    { name: '', slug: '', shown: 'monitor abcdef01' },
    { name: HOSTILE, slug: '', shown: HOSTILE },
  ])('name $name, slug $slug: $shown', ({ name, slug, shown }) => {
    expect(notificationTitle(compose({ monitor: { ...BACKUP, name, slug } }), 'UTC')).toBe(`Down: ${shown}`)
  })
})

describe('Notification: secrets', () => {
  const unnamed = { ...BACKUP, name: '', slug: '' }
  const up = { from: 'down', to: 'up', at: NOW, reason: 'ping' } as const
  const cases = [BACKUP, unnamed].flatMap((monitor) =>
    [down('timeout'), down('overrun'), down('fail'), up].map((transition) => ({ monitor, transition })),
  )
  test.each(cases)('contains neither the ping key nor the badge key: case %#', ({ monitor, transition }) => {
    const notification = compose({ monitor, transition, downSince: NOW - HOUR })
    const texts = [
      JSON.stringify(notification),
      notificationTitle(notification, 'UTC'),
      notificationDetails(notification, 'UTC'),
      JSON.stringify(notificationFacts(notification, 'UTC')),
    ].join('\n')
    for (const key of [PING_KEY, BADGE_KEY]) {
      expect(texts).not.toContain(key)
      expect(texts).not.toContain(key.replaceAll('-', ''))
      expect(texts).not.toContain(key.slice(0, 13))
    }
  })
})

describe('notificationFacts', () => {
  test('lists facts with their labels', () => {
    expect(notificationFacts(compose(), 'UTC')).toEqual([
      ['Down since', '23 Nov 2026, 09:37:41 UTC'],
      ['Project', 'Billing'],
      ['Schedule', 'every hour, grace period 5 minutes'],
      ['Last ping', 'success, 1 hour 5 minutes ago'],
      ['Total pings', '7'],
      ['Tags', 'nightly db'],
    ])
  })

  test.each([
    { name: 'none', lastPing: null, words: 'no ping yet' },
    {
      name: 'with an exit status',
      lastPing: { ...SUCCESS, exitStatus: 0, at: NOW },
      words: 'exit status 0, just now',
    },
    { name: 'at the same time', lastPing: { ...SUCCESS, at: NOW + 5 }, words: 'success, just now' },
  ])('last ping: $name', ({ lastPing, words }) => {
    expect(notificationFacts(compose({ lastPing }), 'UTC')).toContainEqual(['Last ping', words])
  })

  test('leaves out empty tags and descriptions, and keeps others unchanged', () => {
    const bare = notificationFacts(compose({ monitor: { ...BACKUP, tags: ' ', description: '' } }), 'UTC')
    expect(bare.map(([label]) => label)).not.toContain('Tags')
    expect(bare.map(([label]) => label)).not.toContain('Description')
    const described = notificationFacts(compose({ monitor: { ...BACKUP, description: HOSTILE } }), 'UTC')
    expect(described).toContainEqual(['Description', HOSTILE])
  })
})
