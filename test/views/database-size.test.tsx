import { describe, expect, test } from 'bun:test'
import { withBasePath } from '#lib/base-path.ts'
import { type DatabaseSize, DatabaseSizeSection } from '#views/components/database-size.tsx'

const SIZE: DatabaseSize = {
  bytes: 31_000_000,
  walBytes: 4_100_000,
  freeBytes: 0,
  givesBack: true,
  pings: 120_345,
  days: [],
  kept: { pingDays: 90, pingsPerMonitor: 1000, storyDays: 93 },
}

const words = (size: Partial<DatabaseSize>): string =>
  String(withBasePath('', () => <DatabaseSizeSection {...SIZE} {...size} />))
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')

describe('DatabaseSizeSection', () => {
  test('shows the size, the write-ahead log, and the number of pings', () => {
    expect(words({})).toContain('The database uses 31 MB and stores 120,345 pings.')
    expect(words({})).toContain('The write-ahead log uses 4.1 MB.')
    expect(words({ pings: 1 })).toContain('stores 1 ping.')
  })

  test('shows how long pings and incidents are kept', () => {
    expect(words({})).toContain('Pings are kept for 90 days, at most 1,000 per monitor.')
    expect(words({})).toContain('Incidents and notifications are kept for 93 days.')
    const least = words({ kept: { pingDays: 1, pingsPerMonitor: 1, storyDays: 93 } })
    expect(least).toContain('Pings are kept for 1 day, at most 1 per monitor.')
  })

  test('shows the growth per day once two days are known', () => {
    const days = (...bytes: number[]) => bytes.map((bytes, index) => ({ day: 20_000 + index, bytes }))
    expect(words({ days: days(1000) })).toContain('Growth appears here tomorrow.')
    expect(words({ days: days(1000, 4000, 5000) })).toContain('It grows by about 2 kB a day.')
    expect(words({ days: days(1000, 4000, 5000) })).toContain('Size over the last 3 days')
    expect(words({ days: days(5000, 1000) })).toContain('It shrinks by about 4 kB a day.')
    expect(words({ days: days(5000, 5000) })).toContain('It isn&#x27;t growing.')
  })

  test('shows unused space only if it is large, and how it is freed', () => {
    expect(words({ freeBytes: 900_000 })).not.toContain('unused')
    expect(words({ freeBytes: 9_000_000 })).toContain('9 MB is unused and will be freed.')
    expect(words({ freeBytes: 9_000_000, givesBack: false })).toContain('make a backup and restore it')
  })
})
