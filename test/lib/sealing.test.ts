import { describe, expect, test } from 'bun:test'
import { seal, unseal } from '#lib/sealing.ts'

const SEAL = { secretKey: 'a key that only tests know', purpose: 'mail server', context: 'smtp.example.org:587' }

describe('seal', () => {
  test.each([
    ['an empty text', ''],
    ['a word', 'tiger'],
    ['a text that is not ASCII', 'pässwörd 備 🐯'],
    ['a long text', 'x'.repeat(10_000)],
  ])('%s can be decrypted again', (_what, text) => {
    expect(unseal(seal(text, SEAL), SEAL)).toBe(text)
  })

  test('differs each time, and contains neither the text nor the key', () => {
    const [first, second] = [seal('tiger', SEAL), seal('tiger', SEAL)]
    expect(first).not.toBe(second)
    expect(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toMatch(/tiger|only tests/)
  })
})

describe('unseal', () => {
  test.each([
    ['secret key', { secretKey: 'another key of the server' }],
    ['purpose', { purpose: 'channels' }],
    ['context', { context: 'smtp.example.org:25' }],
  ])('is null with another %s', (_what, change) => {
    expect(unseal(seal('tiger', SEAL), { ...SEAL, ...change })).toBeNull()
  })

  test('is null for every changed bit', () => {
    const [version, content = ''] = seal('tiger', SEAL).split('.')
    const bytes = Buffer.from(content, 'base64url')
    const changed = [...bytes.keys()].map((index) => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(index) ^ 1, index)
      return unseal(`${version}.${copy.toString('base64url')}`, SEAL)
    })
    expect(changed).toEqual([...bytes].map(() => null))
  })

  test.each(['', 'v1', 'v1.', 'v1.AAAA', 'v2.AAAA', 'tiger'])('is null for %p', (sealed) => {
    expect(unseal(sealed, SEAL)).toBeNull()
  })
})
