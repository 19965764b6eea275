import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskSpace } from '#lib/disk.ts'
import { sizeInWords } from '#lib/size.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-disk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('diskSpace', () => {
  test('matches df', () => {
    const space = diskSpace(folder)
    const df = Bun.spawnSync(['df', '-B1', '--output=size,avail', folder]).stdout.toString()
    const [, total = 0, free = 0] = (/(\d+) +(\d+)/.exec(df) ?? []).map(Number)
    expect(space?.totalBytes).toBe(total)
    expect(Math.abs((space?.freeBytes ?? 0) - free)).toBeLessThan(500_000_000)
  })

  test('is null for a path that does not exist', () => {
    expect(diskSpace(join(folder, 'nothing'))).toBe(null)
  })
})

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [1536, '1.5 kB'],
  [312_400_000, '312 MB'],
  [9_990_000_000, '10 GB'],
  [20_999_999_999, '20 GB'],
  [4_000_000_000_000, '4 TB'],
])('sizeInWords: %d bytes is "%s"', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words)
})
