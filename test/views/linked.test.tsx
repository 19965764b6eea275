import { describe, expect, test } from 'bun:test'
import { Linked } from '#views/components/linked.tsx'

/** The addresses of the links. */
const linksOf = (text: string) => [...String(<Linked text={text} />).matchAll(/href="([^"]*)"/g)].map(([, url]) => url)

describe('Linked', () => {
  test.each([
    ['see https://example.org/a.', 'https://example.org/a'],
    ['(https://example.org/a_(b))', 'https://example.org/a_(b)'],
    ['(https://example.org/a).', 'https://example.org/a'],
    ['[https://example.org/?!]', 'https://example.org/'],
    ['https://example.org/a)b)', 'https://example.org/a)b'],
  ])('leaves punctuation after an address out of the link: %p', (text, url) => {
    expect(linksOf(text)).toEqual([url])
  })

  test('is fast for an address before thousands of brackets', () => {
    const startedAt = performance.now()
    expect(linksOf(`https://example.org/a${')'.repeat(10_000)}`)).toEqual(['https://example.org/a'])
    expect(performance.now() - startedAt).toBeLessThan(200)
  })
})
