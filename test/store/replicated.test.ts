import { expect, test } from 'bun:test'
import { openDatabase } from '#store/database.ts'
import { fakeClock } from '../support/clock.ts'

test.each([
  ['left to the program that copies it', true, 0],
  ['checkpointed automatically', false, 4000],
])('The write-ahead log is %s', (_what, isReplicated, pages) => {
  const db = openDatabase({ path: ':memory:', clock: fakeClock(), busyTimeoutMs: 100, isReplicated })
  expect(db.get('PRAGMA wal_autocheckpoint')).toEqual({ wal_autocheckpoint: pages })
  db.close()
})
