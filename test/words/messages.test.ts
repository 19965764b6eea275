import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MESSAGES, writtenDown } from './messages.ts'

test('messages: each reads, from subject to footer, as messages.txt has it', () => {
  expect(writtenDown()).toBe(readFileSync(join(import.meta.dir, 'messages.txt'), 'utf8'))
})

test.each(MESSAGES)('messages: the HTML says what the text says when $when', ({ subject, text, html }) => {
  const shown = wordsOf(html)
  expect(html).toContain('<html lang="en">')
  for (const line of [subject, ...text.split('\n')]) {
    for (const part of line.split(/^([A-Z][a-z]+(?: [a-z]+)?): /))
      expect(shown).toContain(part.replace(/:$/, '').trim())
  }
})

/** What a reader of the page sees, and where its links lead. */
function wordsOf(html: string): string {
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, url]) => url)
  const words = html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  return `${words.replace(/[ \n]+/g, ' ')} ${links.join(' ')}`
}
