// What a mail says, for the words that decide what a ping means, and for people.
import type { MailText } from '#domain/ping.ts'

/** The subject and the text of a raw message: its plain part, and what a reader of its HTML part sees. */
export async function readMailText(raw: Uint8Array): Promise<MailText> {
  // Loaded with the first mail: most instances never get one.
  const [{ simpleParser }, { convert }] = await Promise.all([import('mailparser'), import('html-to-text')])
  try {
    const { subject = '', text = '', html } = await simpleParser(Buffer.from(raw), PARSING)
    const shown = html ? convert(html, READING) : ''
    return { subject, text: [text, shown].filter((part) => part !== '').join('\n') }
  } catch {
    // A message that is none must not lose the ping: its words are looked for as they came.
    return { subject: '', text: new TextDecoder().decode(raw) }
  }
}

const PARSING = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true }

/** Words only: no link, no picture, and nothing folded in the middle of a word that is looked for. */
const READING = {
  wordwrap: false as const,
  limits: { maxInputLength: 1_000_000, maxDepth: 50, ellipsis: '' },
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
}
