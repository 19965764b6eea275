import { describe, expect, test } from 'bun:test'
import { hashPassword, verifyPassword } from '#lib/passwords.ts'

describe('verifyPassword', () => {
  test('compares with an argon2id hash, salted per password', async () => {
    const [a, b] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(a).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(a).not.toBe(b)
    expect(await verifyPassword('correct horse', a)).toBe(true)
    expect(await verifyPassword('Correct horse', a)).toBe(false)
  })

  test.each([
    ['nobody', 'anything', null],
    ['an invalid hash', 'none', 'none'],
    ['an empty password', '', null],
  ])('returns false for %s', async (_what, password, hash) => {
    expect(await verifyPassword(password, hash)).toBe(false)
  })

  test('returns false for an empty password with any hash', async () => {
    expect(await verifyPassword('', await hashPassword(' '))).toBe(false)
  })

  test('does not block the event loop', async () => {
    const hash = await hashPassword('correct horse')
    let turns = 0
    let isDone = false
    const verifying = verifyPassword('correct horse', hash).then(() => {
      isDone = true
    })
    while (!isDone) {
      turns += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    await verifying
    expect(turns).toBeGreaterThan(10)
  })
})
