import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadOrCreateSecret } from '#lib/secret-file.ts'
import { mount, unmount, whyNoDisk } from '../support/disk.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-secret-'))
  path = join(folder, 'secret-key')
})

afterEach(() => rmSync(folder, { recursive: true }))

test('keepSecret creates a secret once, with mode 0600, and reads it afterwards', () => {
  expect(loadOrCreateSecret(path, () => 'first')).toBe('first')
  expect(loadOrCreateSecret(path, () => 'second')).toBe('first')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['secret-key'])
})

test('keepSecret: of two processes that start together, both read the same secret', () => {
  const secret = loadOrCreateSecret(path, () => {
    writeFileSync(path, 'of the other\n')
    return 'of this one'
  })
  expect(secret).toBe('of the other')
  expect(readdirSync(folder)).toEqual(['secret-key'])
})

test('keepSecret throws for an unreadable file instead of creating a new secret', () => {
  expect(() => loadOrCreateSecret(folder, () => 'new')).toThrow('EISDIR')
})

test('keepSecret leaves nothing behind when it fails', () => {
  const failing = () => {
    throw new Error('no dice')
  }
  expect(() => loadOrCreateSecret(path, failing)).toThrow('no dice')
  expect(readdirSync(folder)).toEqual([])
})

const why = whyNoDisk()

test.skipIf(why !== null)(`On a full disk nothing is left of it${why === null ? '' : ` (skipped: ${why})`}`, () => {
  mount(folder, 100_000)
  try {
    expect(() => writeFileSync(join(folder, 'ballast'), new Uint8Array(200_000))).toThrow('ENOSPC')
    expect(() => loadOrCreateSecret(path, () => 'first')).toThrow('ENOSPC')
    expect(readdirSync(folder)).toEqual(['ballast'])
  } finally {
    unmount(folder)
  }
})
