// What a mail says, for the words that decide what a ping means, and for people.
import type { KeptMail } from '#domain/body.ts'
import type { MailText } from '#domain/ping.ts'

export interface ReadMail {
  subject: string
  /** Its plain part; empty for none. */
  plain: string
  /** What a reader of its HTML part sees; empty for none. */
  page: string
  /** There is a link in it to follow. */
  hasLink: boolean
}

/**
 * Null when nobody can make anything of it. What is attached is not read. It may take a second without a pause: call
 * it where nobody waits.
 */
export async function parseMail(raw: Uint8Array): Promise<ReadMail | null> {
  try {
    // Loaded with the first mail that is looked into: most instances never get one.
    const { simpleParser } = await import('mailparser')
    const { subject = '', text = '', html } = await simpleParser(Buffer.from(raw), PARSING)
    const hasLink = /https?:\/\//i.test(text) || /<a\s[^>]*href\s*=\s*["']?https?:/i.test(html || '')
    return { subject, plain: text, page: html ? await readPage(html) : '', hasLink }
  } catch {
    return null
  }
}

/** Where words are looked for in a mail that was read. In a page all white space is one, as Healthchecks takes it. */
export function wordsOf({ subject, plain, page }: ReadMail): MailText {
  return { subject, text: [plain, oneLine(page)].filter((part) => part !== '').join('\n') }
}

export const KEPT_SUBJECT_MAX = 2000
/** More than a page shows, so that it knows that there is more. */
export const KEPT_PART_MAX = 11_000

/** What is kept for people. Null is a mail that nobody can make anything of. */
export function keptMailOf(read: ReadMail | null): KeptMail {
  if (read === null) return { subject: '', parts: [], asksToConfirm: false }
  const asksToConfirm = read.hasLink && /confirm/i.test(`${read.subject} ${wordsOf(read).text}`)
  const parts = partsOf(read).map(({ name, text }) => ({ name, text: text.slice(0, KEPT_PART_MAX) }))
  return { subject: read.subject.slice(0, KEPT_SUBJECT_MAX), parts, asksToConfirm }
}

// Most mails say the same in both parts.
function partsOf({ plain, page }: ReadMail): KeptMail['parts'] {
  const [text, html] = [
    { name: 'Text', text: plain },
    { name: 'HTML', text: page },
  ] as const
  if (oneLine(page) === '' || oneLine(page) === oneLine(plain)) return [text]
  return oneLine(plain) === '' ? [html] : [text, html]
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Where words are looked for in a mail that cannot be read: that must not lose the ping. */
export function wordsAsTheyCame(raw: Uint8Array): MailText {
  const text = new TextDecoder().decode(raw)
  return { subject: text, text }
}

// `ignoreEmbedded`, which the types do not know: a mail in the mail is an attachment.
const PARSING = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  ignoreEmbedded: true,
}

const LARGE_PAGE = 100_000

/** Nothing is folded in the middle of a word that is looked for. */
const READING = { wordwrap: false as const, limits: { maxInputLength: Number.POSITIVE_INFINITY } }

/** The line separator of Unicode, which reading leaves as it is. */
const LINE = '\u2028'
const LINE_ELEMENTS = 'br, p, div, tr, li, h1, h2, h3, h4, h5, h6, table, ul, ol, pre, blockquote, section, hr, dt, dd'

async function readPage(html: string): Promise<string> {
  const { convert } = await import('html-to-text')
  const flat = flatten(html)
  // Thousands of elements leave behind what the runtime counts for nothing, and collects too late.
  if (html.length > LARGE_PAGE) Bun.gc(true)
  return convert(flat, READING)
    .split(LINE)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}

// Reading nested elements takes time with the square of their depth, during which nothing else is done: one mail could
// stop the watch for seconds. What is flat is read at once.
function flatten(html: string): string {
  let flat = ''
  const add = (text: string) => ({
    element: () => {
      flat += text
    },
  })
  new HTMLRewriter()
    .on('script, style', { text: (chunk) => void chunk.remove() })
    .on(LINE_ELEMENTS, add(LINE))
    .on('td, th', add(' '))
    .onDocument({
      text: (chunk) => {
        if (!chunk.removed) flat += chunk.text.replaceAll('<', '&lt;')
      },
    })
    .transform(html)
  return flat
}
