import { describe, expect, test } from 'bun:test'
import { fenced, HTML, MARKDOWN, PLAIN, renderText } from '#channels/shared/markup.ts'
import { contentOf } from '#words/message.ts'
import { messageOf, notificationOf } from './conformance.ts'
import { HTML_TEXTS, MARKDOWN_TEXTS, PLAIN_TEXTS } from './expected.ts'
import { DOWN, GAP, HOSTILE_TEXTS, htmlOfMarkdown, structureOfHtml, TEST, textOfHtml, UP } from './service.ts'

const WITHOUT = ['title', 'links'] as const

describe('renderText', () => {
  test.each([
    ['plain text', PLAIN, PLAIN_TEXTS],
    ['Markdown', MARKDOWN, MARKDOWN_TEXTS],
    ['HTML', HTML, HTML_TEXTS],
  ])('renders %s', (_what, dialect, texts) => {
    expect(renderText(contentOf(DOWN), dialect, { max: 4000, without: WITHOUT })).toBe(texts.down)
    expect(renderText(contentOf(UP), dialect, { max: 4000, without: WITHOUT })).toBe(texts.up)
    expect(renderText(contentOf(GAP), dialect, { max: 4000, without: WITHOUT })).toBe(texts.gap)
    expect(renderText(contentOf(TEST), dialect, { max: 4000, without: WITHOUT })).toBe(texts.test)
  })

  test('shows the beginning of a text that is far too long', () => {
    const details = `Begins. ${'a <b> & *c* 👩‍🚀 '.repeat(15_000)}`
    for (const dialect of [PLAIN, MARKDOWN, HTML]) {
      const text = renderText({ ...contentOf(DOWN), details, facts: [], output: null }, dialect, { max: 4000 })
      expect(text).toContain('Begins')
      expect([...text].length).toBeWithin(2800, 4001)
    }
  })

  test('stays within any limit, and keeps the title to the end', () => {
    const notification = notificationOf({ name: 'backup *nightly*' })
    notification.monitor.description = 'See https://wiki.example.org/backup. '.repeat(200)
    const content = contentOf({ ...messageOf(notification), output: { text: '<line>\n'.repeat(1400), isCut: true } })
    for (const dialect of [PLAIN, MARKDOWN, HTML]) {
      for (let max = 30; max < 6000; max += 97) {
        const text = renderText(content, dialect, { max })
        expect([...text].length).toBeLessThanOrEqual(max)
        expect(text.replaceAll('\\', '')).toContain('Down: backup')
      }
    }
  })

  test('keeps the end of the output longer than the description and the facts', () => {
    const notification = notificationOf()
    notification.monitor.description = 'd'.repeat(9000)
    const content = contentOf({ ...messageOf(notification), output: { text: `${'x'.repeat(9000)} END`, isCut: false } })
    const text = renderText(content, PLAIN, { max: 600 })
    expect(text).toContain('x END')
    expect(text).toContain('… (cut)')
    expect(text).not.toContain('Project')
  })

  test('links the web addresses of a description, and shows the rest as text', () => {
    const notification = notificationOf()
    notification.monitor.description = 'Read https://wiki.example.org/a_b*c (*urgent*).'
    const content = contentOf(messageOf(notification))
    const html = htmlOfMarkdown(renderText(content, MARKDOWN, { max: 4000, without: [...WITHOUT, 'facts'] }))
    expect(structureOfHtml(html)).toEqual(['p', 'p', 'a href=https://wiki.example.org/a_b*c'])
    expect(textOfHtml(html)).toContain('Read https://wiki.example.org/a_b*c (*urgent*).')
  })
})

describe('MARKDOWN', () => {
  test.each(HOSTILE_TEXTS)('shows %s as it is', (_what, text) => {
    const html = htmlOfMarkdown(MARKDOWN.text(text))
    expect(new Set(structureOfHtml(html))).toEqual(new Set(['p']))
    expect(squeezed(textOfHtml(html))).toBe(squeezed(text))
  })

  test.each(HOSTILE_TEXTS)('shows %s in a code block as it is', (_what, text) => {
    const html = htmlOfMarkdown(fenced(text))
    expect(structureOfHtml(html)).toEqual(['pre', 'code'])
    expect(textOfHtml(html).trimEnd()).toBe(text)
  })
})

function squeezed(text: string): string {
  return text.replace(/[\u2060\s]+/g, '')
}
