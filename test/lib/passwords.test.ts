import { describe, expect, test } from 'bun:test'
import { hashPassword, verifyPassword } from '#lib/passwords.ts'

describe('A password', () => {
  test('is kept as argon2id, with a salt of its own', async () => {
    const [a, b] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(a).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(a).not.toBe(b)
    expect(await verifyPassword('correct horse', a)).toBe(true)
    expect(await verifyPassword('Correct horse', a)).toBe(false)
  })

  test.each([
    ['nobody', 'anything', null],
    ['a hash that is none', 'none', 'none'],
    ['an empty password', '', null],
  ])('of %s is never right, and is no fault', async (_what, password, hash) => {
    expect(await verifyPassword(password, hash)).toBe(false)
  })

  test('that is empty is not right for any hash', async () => {
    expect(await verifyPassword('', await hashPassword(' '))).toBe(false)
  })

  test('does not hold up anything else while it is looked at', async () => {
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
