import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { Password } from '#domain/account.ts'
import { countedLength, isCommonPassword } from '#domain/password.ts'
import { issueInWords } from '#words/problems.ts'

const LIST = 'assets/common-passwords.txt'

describe('countedLength', () => {
  test.each([
    ['aaaaaaaaaa', 1],
    [' '.repeat(10), 1],
    ['1234567890', 1],
    ['0987654321', 1],
    ['qwertyuiop', 1],
    ['abcdefghij', 1],
    ['1212121212', 2],
    ['abcabcabcabc', 3],
    ['passpasspass', 4],
    ['1234abcd', 2],
    ['ab12', 4],
    ['bookkeeper', 10],
    ['staple staple staple', 20],
    ['😀'.repeat(10), 1],
    ['', 0],
  ])('of %p is %p', (password, length) => {
    expect(countedLength(password)).toBe(length)
  })
})

describe('Password', () => {
  test.each(['correct horse battery', 'a very long engine', 'xK9ppQ2mZ4', 'hunter of lost socks', 'Über den Wolken'])(
    '%p is accepted',
    (password) => {
      expect(Password.safeParse(password).success).toBe(true)
    },
  )

  test.each([
    'aaaaaaaaaa',
    ' '.repeat(10),
    '1234567890',
    'q1w2e3r4t5',
    'password2024',
    'P@ssw0rd2024',
    'Dragon2024!',
    'basketball',
    '!!Liverpool',
    'tinkerbell1',
  ])('%p is refused', (password) => {
    expect(Password.safeParse(password).success).toBe(false)
  })

  test('a refusal has one reason', () => {
    const problems = (password: string) => Password.safeParse(password).error?.issues.map(issueInWords)
    expect(problems('short')).toEqual(['A password needs at least 10 characters.'])
    expect(problems('1234567890')).toEqual([expect.stringContaining('sequences like 1234 count as one')])
    expect(problems('basketball')).toEqual([expect.stringContaining('too common')])
  })

  test('isCommonPassword: a common word among others is not common', () => {
    expect(isCommonPassword('dragon')).toBe(true)
    expect(isCommonPassword('dragon under water')).toBe(false)
    expect(isCommonPassword('dragon7391827')).toBe(false)
  })
})

test('common-passwords.txt is sorted, without duplicates, and at most 30 kB', () => {
  const words = readFileSync(LIST, 'utf8').trimEnd().split('\n')
  expect(statSync(LIST).size).toBeLessThanOrEqual(30_000)
  expect(words).toEqual([...new Set(words)].sort())
  expect(words.length).toBeGreaterThan(3000)
})
