import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allMessages, MESSAGES } from './messages.ts'

test('messages: all are as in messages.txt, from subject to footer', () => {
  expect(allMessages()).toBe(readFileSync(join(import.meta.dir, 'messages.txt'), 'utf8'))
})

test.each(MESSAGES)('messages: the HTML contains the whole text when $when', ({ subject, text, html }) => {
  const shown = wordsOf(html)
  expect(html).toContain('<html lang="en">')
  for (const line of [subject, ...text.split('\n')]) {
    for (const part of line.split(/^([A-Z][a-z]+(?: [a-z]+)?): /))
      expect(shown).toContain(part.replace(/:$/, '').trim())
  }
})

/** The visible text and the addresses of the links. */
function wordsOf(html: string): string {
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, url]) => url)
  const words = html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  return `${words.replace(/[ \n]+/g, ' ')} ${links.join(' ')}`
}
