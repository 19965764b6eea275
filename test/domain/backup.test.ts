import { describe, expect, test } from 'bun:test'
import {
  backupName,
  expiredBackups,
  expiredSchemaCopies,
  isBackupDue,
  isBackupName,
  safetyName,
} from '#domain/backup.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { countsInWords } from '#words/counts.ts'

const at = (text: string): number => Date.parse(`2026-${text}Z`)

describe('Names of backups', () => {
  test('backupName is the UTC time, with a number for a second backup in the same second', () => {
    expect(backupName(at('11-24T03:00:07.900'))).toBe('cronguard-20261124T030007Z.db')
    expect(backupName(at('11-24T03:00:07'), 2)).toBe('cronguard-20261124T030007Z-2.db')
    expect(safetyName('before-schema-4', at('11-24T03:00:07'))).toBe('before-schema-4-20261124T030007Z.db')
  })

  test.each([
    ['cronguard-20261124T030007Z.db', true],
    ['cronguard-20261124T030007Z-12.db', true],
    ['cronguard-20261124T030007Z.db.json', false],
    ['cronguard-20261124T030007Z.db.unfinished-0123456789ab', false],
    ['before-restore-20261124T030007Z.db', false],
    ['../cronguard-20261124T030007Z.db', false],
    ['cronguard.db', false],
  ])('isBackupName: %s is %p', (name, isOurs) => expect(isBackupName(name)).toBe(isOurs))
})

describe('Expired backups', () => {
  const names = [
    'cronguard-20261122T030000Z.db',
    'cronguard-20261124T030000Z.db',
    'cronguard-20261124T030000Z-2.db',
    'cronguard-20261124T030000Z-10.db',
    'cronguard-20261123T030000Z.db',
    'cronguard-20261121T030000Z.db.json',
    'before-schema-4-20200101T000000Z.db',
    'holiday.db',
  ]

  test('expiredBackups keeps the newest, and never lists a file that is not a backup', () => {
    expect(expiredBackups(names, 3)).toEqual(['cronguard-20261123T030000Z.db', 'cronguard-20261122T030000Z.db'])
    expect(expiredBackups(names, 1)).toHaveLength(4)
    expect(expiredBackups(names, 1)).not.toContain('cronguard-20261124T030000Z-10.db')
    expect(expiredBackups(names, 9)).toEqual([])
  })

  test('expiredSchemaCopies lists the oldest copies by date, whatever their schema version', () => {
    const copies = ['before-schema-9-20260101T000000Z.db', 'before-schema-10-20260301T000000Z.db', ...names]
    expect(expiredSchemaCopies(copies, 2)).toEqual(['before-schema-4-20200101T000000Z.db'])
  })
})

describe('isBackupDue: the nightly backup', () => {
  const night = at('11-24T03:00:00')
  test.each([
    ['waits for 03:00 UTC', night - 1, night - 24 * HOUR, null, false],
    ['is due at 03:00 UTC', night, night - 24 * HOUR, null, true],
    ['is made once', night + MINUTE, night, null, false],
    ['is due hours later if it was missed', night + 9 * HOUR, night - 24 * HOUR, null, true],
    ['is due after many missed nights', night + 9 * HOUR, night - 240 * HOUR, null, true],
    ['is not retried within an hour', night + 59 * MINUTE, night - 24 * HOUR, night, false],
    ['is retried after an hour', night + HOUR, night - 24 * HOUR, night, true],
    ['is due even if a wrong clock dated the last attempt in the future', night, night - 24 * HOUR, night + HOUR, true],
    ['is not due if a manual backup was made after 03:00', night + HOUR, night + 10 * MINUTE, null, false],
  ])('%s', (_what, now, lastAt, triedAt, isDue) => expect(isBackupDue({ now, lastAt, triedAt })).toBe(isDue))
})

test('countsInWords: singular, plural and thousands separators', () => {
  const counts = { users: 1, projects: 2, monitors: 0, channels: 1, pings: 12_345 }
  expect(countsInWords(counts)).toBe('1 user, 2 projects, 0 monitors, 1 channel, 12,345 pings')
})
