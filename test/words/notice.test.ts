import { expect, test } from 'bun:test'
import { composeGapNotice } from '#domain/notice.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { notificationDetails, notificationTitle } from '#words/notification.ts'

const TO = Date.UTC(2026, 11, 1, 0, 41)

function notice(ms: number) {
  return composeGapNotice({
    gap: { from: TO - ms, to: TO, reason: 'stop' },
    project: { id: 'project-1', name: 'Ops' },
    monitors: [{ name: 'backup', slug: '', uniqueKey: '' }],
  })
}

test.each([
  [39 * MINUTE, 'UTC', 'CronGuard was offline (00:02 – 00:41 UTC)'],
  [39 * MINUTE, 'Europe/Berlin', 'CronGuard was offline (01:02 – 01:41)'],
  [2 * HOUR, 'UTC', 'CronGuard was offline (30 Nov, 22:41 – 1 Dec, 00:41 UTC)'],
])('notificationTitle: a gap of %p ms in %s: %p', (ms, zone, title) => {
  expect(notificationTitle(notice(ms), zone)).toBe(title)
})

test('notificationDetails: a gap with one monitor uses the singular', () => {
  expect(notificationDetails(notice(2 * HOUR), 'UTC')).toBe(
    'CronGuard was offline for 2 hours, until 1 Dec 2026, 00:41:00 UTC: it was stopped. ' +
      'The deadline of 1 monitor was extended by one grace period.',
  )
})
