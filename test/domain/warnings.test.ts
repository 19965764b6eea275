import { describe, expect, test } from 'bun:test'
import { unhealthyParts } from '#domain/health.ts'
import { isInReserve, problemsOf, type WarningFacts } from '#domain/warnings.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { GIGABYTE } from '#lib/size.ts'
import { warningOf } from '#words/warnings.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const MB = 1_000_000

const ALL_WELL: WarningFacts = {
  now: NOW,
  disk: { freeBytes: 10 * GIGABYTE, totalBytes: 20 * GIGABYTE },
  diskReserveBytes: null,
  databaseBytes: 50 * MB,
  outbox: { waiting: 0, oldestAt: null, lastSentAt: null },
  failingChannels: [],
  firstDeadlineAt: NOW + HOUR,
  backups: { lastAt: NOW - DAY, since: NOW - 90 * DAY, isAhead: false },
}

const warningsOf = (facts: Partial<WarningFacts>) => problemsOf({ ...ALL_WELL, ...facts }).map(warningOf)
const textsOf = (facts: Partial<WarningFacts>) => warningsOf(facts).map(({ text }) => text)

test('problemsOf: no warning if everything works or facts are unknown', () => {
  expect(textsOf({})).toEqual([])
  expect(textsOf({ disk: null, firstDeadlineAt: null, backups: null })).toEqual([])
})

test('problemsOf: lists all warnings, the most important first', () => {
  const facts = {
    ...ALL_WELL,
    disk: { freeBytes: 0, totalBytes: GIGABYTE },
    outbox: { waiting: 1, oldestAt: NOW - HOUR, lastSentAt: null },
    failingChannels: [{ id: 'a', name: 'hook', since: NOW - HOUR }],
    firstDeadlineAt: NOW - HOUR,
    backups: { lastAt: null, since: NOW - 3 * DAY, isAhead: false },
  }
  expect(warningsOf(facts).map(({ kind }) => kind)).toEqual(['checker', 'outbox', 'channels', 'disk', 'backup'])
})

describe('Warning: late checks', () => {
  test.each([
    [-HOUR, false],
    [0, false],
    [MINUTE, false],
    [MINUTE + SECOND, true],
    [DAY, true],
  ])('when a deadline passed %d ms ago: %p', (ms, isBehind) => {
    expect(textsOf({ firstDeadlineAt: NOW - ms })).toHaveLength(isBehind ? 1 : 0)
  })

  test('says how late', () => {
    expect(textsOf({ firstDeadlineAt: NOW - 3 * MINUTE })).toEqual([
      'Deadline checks are late: the oldest unchecked deadline passed 3 minutes ago. See the log for details.',
    ])
  })
})

describe('Warning: pending notifications', () => {
  const outbox = (oldestMs: number | null, sentMs: number | null, waiting = 3) => ({
    outbox: {
      waiting,
      oldestAt: oldestMs === null ? null : NOW - oldestMs,
      lastSentAt: sentMs === null ? null : NOW - sentMs,
    },
  })

  test.each([
    [null, null, false],
    [null, HOUR, false],
    [15 * MINUTE, HOUR, false],
    [16 * MINUTE, HOUR, true],
    [16 * MINUTE, null, true],
    [16 * MINUTE, 16 * MINUTE, true],
    [HOUR, 15 * MINUTE, false],
    [DAY, SECOND, false],
  ])('when the oldest has waited %p ms and the last was sent %p ms ago: %p', (oldestMs, sentMs, isStuck) => {
    expect(textsOf(outbox(oldestMs, sentMs))).toHaveLength(isStuck ? 1 : 0)
  })

  test('says how many are pending', () => {
    const end = 'None was sent in the last 15 minutes. See the log for details.'
    expect(textsOf(outbox(40 * MINUTE, null))).toEqual([
      `3 notifications are pending, the oldest for 40 minutes. ${end}`,
    ])
    expect(textsOf(outbox(40 * MINUTE, null, 1))).toEqual([`1 notification has been pending for 40 minutes. ${end}`])
  })
})

describe('Warning: failing channels', () => {
  const failing = (...minutes: number[]) => ({
    failingChannels: minutes.map((ago, n) => ({ id: `${n}`, name: `hook ${n}`, since: NOW - ago * MINUTE })),
  })

  test('does not appear in the first 15 minutes', () => {
    expect(textsOf(failing(15))).toEqual([])
  })

  test('names the first three channels', () => {
    expect(warningsOf(failing(60, 3))).toEqual([
      {
        kind: 'channels',
        text: 'A channel has been failing for 1 hour. Fix it, or disable it.',
        channels: [{ id: '0', name: 'hook 0' }],
      },
    ])
    const [many] = warningsOf(failing(120, 60, 50, 40))
    expect(many?.text).toBe('4 channels are failing, one of them for 2 hours. Fix them, or disable them.')
    expect(many?.channels?.map(({ name }) => name)).toEqual(['hook 0', 'hook 1', 'hook 2'])
  })
})

describe('Warning: disk almost full', () => {
  test.each([
    ['a fifth of a small disk', 200 * MB, GIGABYTE, 10 * MB, false],
    ['a twentieth of a small disk', 50 * MB, GIGABYTE, 10 * MB, false],
    ['less than a twentieth of a small disk', 49 * MB, GIGABYTE, 10 * MB, true],
    ['a gigabyte of a large disk', GIGABYTE, 4000 * GIGABYTE, 10 * MB, false],
    ['less than a gigabyte of a large disk', 999 * MB, 4000 * GIGABYTE, 10 * MB, true],
    ['too little for a copy of the database', 5 * GIGABYTE, 4000 * GIGABYTE, 6 * GIGABYTE, true],
    ['nothing', 0, 20 * GIGABYTE, 0, true],
  ])('when %s is free (%d of %d, database %d): %p', (_what, freeBytes, totalBytes, databaseBytes, isFull) => {
    expect(textsOf({ disk: { freeBytes, totalBytes }, databaseBytes })).toHaveLength(isFull ? 1 : 0)
  })

  test('says how much is free', () => {
    expect(textsOf({ disk: { freeBytes: 312 * MB, totalBytes: 20 * GIGABYTE } })).toEqual([
      'The disk with the data folder is almost full: 312 MB of 20 GB free. ' +
        "Once it is full, CronGuard can't record pings.",
    ])
  })
})

describe('isInReserve', () => {
  test.each([
    ['2% of a small disk', 20 * MB, GIGABYTE, null, false],
    ['less than 2% of a small disk', 19 * MB, GIGABYTE, null, true],
    ['200 MB of a large disk', 200 * MB, 4000 * GIGABYTE, null, false],
    ['less than 200 MB of a large disk', 199 * MB, 4000 * GIGABYTE, null, true],
    ['less than configured', 499 * MB, GIGABYTE, 500 * MB, true],
    ['as much as configured', 500 * MB, GIGABYTE, 500 * MB, false],
    ['nothing, with a reserve of 0', 0, GIGABYTE, 0, false],
  ])('when %s is free (%d of %d, configured: %p): %p', (_what, freeBytes, totalBytes, reserveBytes, isReserve) => {
    expect(isInReserve({ freeBytes, totalBytes }, reserveBytes)).toBe(isReserve)
  })

  test('says that bodies are no longer stored', () => {
    const disk = { freeBytes: 150 * MB, totalBytes: 20 * GIGABYTE }
    const text =
      'The disk with the data folder is almost full: 150 MB of 20 GB free. Bodies of pings are no longer stored. ' +
      "Once it is full, CronGuard can't record pings."
    expect(textsOf({ disk })).toEqual([text])
    const plenty = { disk: { freeBytes: 10 * GIGABYTE, totalBytes: 20 * GIGABYTE }, diskReserveBytes: 11 * GIGABYTE }
    expect(textsOf(plenty)).toEqual([expect.stringContaining('Bodies of pings are no longer stored.')])
  })
})

describe('Warning: old backup', () => {
  test.each([
    [{ lastAt: NOW - 2 * DAY, since: 0 }, []],
    [{ lastAt: NOW + HOUR, since: 0 }, []],
    [{ lastAt: NOW - 50 * HOUR, since: 0 }, ['The last backup is 2 days 2 hours old. See the log for the reason.']],
    [{ lastAt: null, since: NOW - DAY }, []],
    [{ lastAt: null, since: NOW - 3 * DAY }, ['No backup yet. See the log for the reason.']],
    [
      { lastAt: null, since: 0, isAhead: true },
      ["All backups are dated in the future. Check this machine's clock: it is behind now, or was ahead before."],
    ],
  ])('%j: %j', (backups, texts) => {
    expect(textsOf({ backups: { isAhead: false, ...backups } })).toEqual(texts)
  })
})

describe('unhealthyParts', () => {
  const parts = (...unwell: string[]) =>
    ['checker', 'outbox', 'database', 'live', 'backups'].map((name) => ({
      name,
      isHealthy: !unwell.includes(name),
      isRunning: true,
    }))

  test.each([
    [[], []],
    [['checker'], ['checker']],
    [
      ['database', 'outbox'],
      ['outbox', 'database'],
    ],
    [['live', 'backups'], []],
  ])('lists only the essential ones of failing parts: %j', (failing, unwell) => {
    expect(unhealthyParts(parts(...failing))).toEqual(unwell)
  })

  test('lists essential parts that do not run', () => {
    expect(unhealthyParts([{ name: 'checker', isHealthy: true, isRunning: true }])).toEqual(['outbox', 'database'])
  })
})
