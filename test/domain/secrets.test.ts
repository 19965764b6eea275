import { describe, expect, test } from 'bun:test'
import { withoutKeys } from '#domain/secrets.ts'

const mask = (text: string) => withoutKeys(text, { keys: [], isCut: false })

describe('A text without keys', () => {
  test.each(['', 'Bearer', 'x-api-key', 'https://'])('is made at once of %p and thousands of spaces', (word) => {
    const text = `${word}${' '.repeat(25_000)}end`
    const startedAt = performance.now()
    expect(mask(text)).toBe(text)
    expect(performance.now() - startedAt).toBeLessThan(200)
  })

  test('has none where a few spaces stand before one', () => {
    expect(mask('Authorization:  Bearer   abc123')).toBe('Authorization:  Bearer   ••••')
    expect(mask('"api_key" :  "abc123"')).toBe('"api_key" :  "••••"')
  })
})
