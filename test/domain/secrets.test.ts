import { describe, expect, test } from 'bun:test'
import { withoutKeys } from '#domain/secrets.ts'

const mask = (text: string) => withoutKeys(text, { keys: [], cut: { start: false, end: false } })

describe('withoutKeys', () => {
  // The runtime runs a pattern differently after a text that does not match, so the tests begin with one.
  test('is fast for thousands of spaces', () => {
    mask('/'.repeat(25_000))
    const startedAt = performance.now()
    for (const word of ['', 'Bearer', 'x-api-key']) expect(mask(`${word}${' '.repeat(25_000)}`)).toStartWith(word)
    expect(performance.now() - startedAt).toBeLessThan(300)
  })

  test('is fast for a word that is longer than any key', () => {
    const text = `${'a'.repeat(25_000)}!`
    mask('/'.repeat(25_000))
    const startedAt = performance.now()
    expect(withoutKeys(text, { keys: [], cut: { start: false, end: true } })).toBe(text)
    expect(performance.now() - startedAt).toBeLessThan(300)
  })

  test('masks a key after several spaces', () => {
    expect(mask('Authorization:  Bearer   abc123')).toBe('Authorization:  Bearer   ••••')
    expect(mask('"api_key" :  "abc123"')).toBe('"api_key" :  "••••"')
  })
})
