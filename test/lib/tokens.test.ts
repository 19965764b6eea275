import { describe, expect, test } from 'bun:test'
import {
  hmacSha256Hex,
  newLowerCaseToken,
  newMixedCaseToken,
  newSecretKey,
  newUuid,
  sha1Hex,
  sha256Hex,
} from '#lib/tokens.ts'

describe('new tokens have their alphabet and length, and never repeat', () => {
  test.each([
    { name: 'a UUID', make: newUuid, looks: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/ },
    { name: 'a lower-case token', make: () => newLowerCaseToken(22), looks: /^[a-z0-9]{22}$/ },
    { name: 'a mixed-case token', make: () => newMixedCaseToken(28), looks: /^[A-Za-z0-9]{28}$/ },
    { name: 'a secret key', make: newSecretKey, looks: /^[0-9a-f]{64}$/ },
  ])('$name', ({ make, looks }) => {
    const tokens = Array.from({ length: 500 }, make)
    for (const token of tokens) expect(token).toMatch(looks)
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  test('use every character of the alphabet', () => {
    expect(new Set(newLowerCaseToken(5000)).size).toBe(36)
    expect(new Set(newMixedCaseToken(5000)).size).toBe(62)
    expect(newLowerCaseToken(0)).toBe('')
  })
})

describe('digests match the standards', () => {
  test('SHA-1 (FIPS 180: abc)', () => {
    expect(sha1Hex('abc')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  })

  test('SHA-256, the same for text and its bytes', () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(sha256Hex('abc')).toBe(digest)
    expect(sha256Hex(new TextEncoder().encode('abc'))).toBe(digest)
    expect(sha256Hex('ä')).toBe(sha256Hex(new Uint8Array([0xc3, 0xa4])))
  })

  test('HMAC-SHA-256 (RFC 4231, case 2)', () => {
    const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    expect(hmacSha256Hex('Jefe', 'what do ya want for nothing?')).toBe(digest)
  })
})
