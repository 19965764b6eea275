import { describe, expect, test } from 'bun:test'
import { isSigned, readLink, signLink } from '#lib/signed-link.ts'

const A = '0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6'
const B = 'ffffffff-0000-4000-8000-000000000001'
const SIGNING = { secret: 'a key that only tests know', purpose: 'acknowledge', fact: 'ops@example.org' }
const LINK = { ids: [A, B], expiresAt: 1_900_000_000_000 }
const TOKEN = signLink(SIGNING, LINK)

describe('signLink', () => {
  test('makes a short token of letters that are safe in URLs, from which the ids and the expiry can be read', () => {
    expect(TOKEN).toMatch(/^[A-Za-z0-9_-]{70}$/)
    expect(readLink(TOKEN, 2)).toEqual(LINK)
    expect(signLink(SIGNING, { ...LINK, ids: [A] })).toHaveLength(48)
  })

  test('refuses an id that is not a UUID', () => {
    expect(() => signLink(SIGNING, { ...LINK, ids: ['ops'] })).toThrow()
  })
})

describe('isSigned', () => {
  test('holds for the token as it was made', () => {
    expect(isSigned(SIGNING, TOKEN)).toBeTrue()
  })

  test.each([
    ['another purpose', { purpose: 'unsubscribe' }],
    ['the key of another server', { secret: 'the key of another server' }],
    ['another address', { fact: 'mallory@example.org' }],
  ])('does not hold for %s', (_what, change) => {
    expect(isSigned({ ...SIGNING, ...change }, TOKEN)).toBeFalse()
  })

  test('does not hold when any byte was changed', () => {
    const bytes = Buffer.from(TOKEN, 'base64url')
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(isSigned(SIGNING, changed.toString('base64url'))).toBeFalse()
    }
  })

  test.each(['', 'x', 'A'.repeat(21), '%%%'])('does not hold for %p', (token) => {
    expect(isSigned(SIGNING, token)).toBeFalse()
  })
})

describe('readLink', () => {
  test.each([
    ['cut off', TOKEN.slice(0, -1)],
    ['too long', `${TOKEN}A`],
    ['for one id', signLink(SIGNING, { ...LINK, ids: [A] })],
    ['spelled with other letters', TOKEN.replaceAll('_', '/').replaceAll('-', '+').concat('=')],
    ['empty', ''],
  ])('answers null for a token that is %s', (_what, token) => {
    expect(readLink(token, 2)).toBeNull()
  })
})
