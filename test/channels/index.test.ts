import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHANNEL_KINDS, findKind } from '#channels/index.ts'

const SOURCES = join(import.meta.dir, '../../src/channels')

test('every kind of channel has a test that runs the conformance suite for it', () => {
  const files = readdirSync(import.meta.dir)
  for (const { kind } of CHANNEL_KINDS) {
    expect(files).toContain(`${kind}.test.ts`)
    const text = readFileSync(join(import.meta.dir, `${kind}.test.ts`), 'utf8')
    expect(text).toMatch(/^testChannelKind\(/m)
    expect(text).toContain(`kind: '${kind}'`)
  }
})

test('every file of src/channels is a kind that people are offered', () => {
  const files = readdirSync(SOURCES).filter((file) => !['kind.ts', 'index.ts', 'account-mail.ts'].includes(file))
  expect(CHANNEL_KINDS.map(({ kind }) => `${kind}.ts`).sort()).toEqual(files.sort())
})

test('a kind is found by its name, and an unknown one is not', () => {
  for (const kind of CHANNEL_KINDS) expect(findKind(kind.kind)).toBe(kind)
  expect(findKind('carrier-pigeon')).toBeNull()
  expect(findKind('toString')).toBeNull()
})
