// Extracts the text of emails, to search it for keywords and to show it.
import type { KeptMail } from '#domain/body.ts'
import type { MailText } from '#domain/ping.ts'

export interface ReadMail {
  subject: string
  /** The plain-text part; empty if there is none. */
  plain: string
  /** The visible text of the HTML part; empty if there is none. */
  page: string
  /** Whether it contains a link. */
  hasLink: boolean
}

/** Null if the email can't be parsed. Ignores attachments. May block for a second, so call it in a worker. */
export async function parseMail(raw: Uint8Array): Promise<ReadMail | null> {
  try {
    // Loaded with the first email, because most instances never get one.
    const { simpleParser } = await import('mailparser')
    const { subject = '', text = '', html } = await simpleParser(Buffer.from(raw), PARSING)
    const hasLink = /https?:\/\//i.test(text) || /<a\s[^>]*href\s*=\s*["']?https?:/i.test(html || '')
    return { subject, plain: text, page: html ? await readPage(html) : '', hasLink }
  } catch {
    return null
  }
}

/** The text to search for keywords. Whitespace in HTML is collapsed, as in Healthchecks. */
export function wordsOf({ subject, plain, page }: ReadMail): MailText {
  return { subject, text: [plain, oneLine(page)].filter((part) => part !== '').join('\n') }
}

export const KEPT_SUBJECT_MAX = 2000
/** More than a page shows, so that the page knows that it cuts the text. */
export const STORED_PART_MAX = 11_000

/** The parts of an email to store for the pages. `read` is null if the email couldn't be parsed. */
export function keptMailOf(read: ReadMail | null): KeptMail {
  if (read === null) return { subject: '', parts: [], asksToConfirm: false }
  const asksToConfirm = read.hasLink && /confirm/i.test(`${read.subject} ${wordsOf(read).text}`)
  const parts = partsOf(read).map(({ name, text }) => ({ name, text: text.slice(0, STORED_PART_MAX) }))
  return { subject: read.subject.slice(0, KEPT_SUBJECT_MAX), parts, asksToConfirm }
}

// Both parts of most emails have the same text.
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

/** The text to search in an email that can't be parsed, so that its ping isn't lost. */
export function rawMailText(raw: Uint8Array): MailText {
  const text = new TextDecoder().decode(raw)
  return { subject: text, text }
}

// `ignoreEmbedded`, which the types lack, treats an embedded email as an attachment.
const PARSING = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipImageLinks: true,
  skipTextLinks: true,
  ignoreEmbedded: true,
}

const LARGE_PAGE = 100_000

/** No line wrapping, which could split a keyword. */
const READING = { wordwrap: false as const, limits: { maxInputLength: Number.POSITIVE_INFINITY } }

/** The Unicode line separator, which the conversion keeps. */
const LINE = '\u2028'
const LINE_ELEMENTS = 'br, p, div, tr, li, h1, h2, h3, h4, h5, h6, table, ul, ol, pre, blockquote, section, hr, dt, dd'

async function readPage(html: string): Promise<string> {
  const { convert } = await import('html-to-text')
  const flat = flatten(html)
  // Thousands of elements leave garbage that the runtime underestimates and collects too late.
  if (html.length > LARGE_PAGE) Bun.gc(true)
  return convert(flat, READING)
    .split(LINE)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}

// The conversion takes time quadratic in the depth of nested elements, so one email could block the thread for seconds.
// Flat HTML is fast.
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
