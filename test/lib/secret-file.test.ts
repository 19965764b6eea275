import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepSecret } from '#lib/secret-file.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-secret-'))
  path = join(folder, 'secret-key')
})

afterEach(() => rmSync(folder, { recursive: true }))

test('A secret is made once, for its owner alone, and read ever after', () => {
  expect(keepSecret(path, () => 'first')).toBe('first')
  expect(keepSecret(path, () => 'second')).toBe('first')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['secret-key'])
})

test('Whoever comes second reads the secret of the first, even when both found none', () => {
  const secret = keepSecret(path, () => {
    writeFileSync(path, 'of the other\n')
    return 'of this one'
  })
  expect(secret).toBe('of the other')
  expect(readdirSync(folder)).toEqual(['secret-key'])
})

test('A file that cannot be read is an error, not a new secret', () => {
  expect(() => keepSecret(folder, () => 'new')).toThrow('EISDIR')
})
