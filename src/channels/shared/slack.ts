// The body of a Slack message. Its blocks contain only plain text, so Slack parses nothing in them.
import { countUnits, cutEnd } from '#lib/cut.ts'
import { splitLinks } from '#lib/links.ts'
import type { MessageContent } from '#words/message.ts'
import { fitContent, withSign } from './markup.ts'

/** Slack refuses messages with more than about 13,000 characters in their blocks. */
const BLOCKS_MAX = 8000
const HEADER_MAX = 150

export function slackBody(content: MessageContent) {
  const fitting = fitContent(withSign(content), {
    max: BLOCKS_MAX,
    sizeOf: (candidate) => JSON.stringify(blocksOf(candidate)).length,
  })
  return {
    // Only previews show it, because there are blocks.
    text: escapeSlack(fitting.title),
    blocks: blocksOf(fitting),
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  }
}

function blocksOf({ title, details, output, facts, description, links }: MessageContent) {
  const sections = [
    section([text(details)]),
    ...(output ? [{ type: 'rich_text_preformatted', elements: [text(output.text)] }] : []),
    section(facts.flatMap(([label, value], index) => [bold(`${index > 0 ? '\n' : ''}${label}`), text(`: ${value}`)])),
    section(splitLinks(description).map((part) => (part.isUrl ? link(part.text) : text(part.text)))),
  ]
  const elements = sections.filter((part) => part.elements.length > 0)
  return [
    { type: 'header', text: plain(cutEnd(title, HEADER_MAX, countUnits)) },
    ...(elements.length > 0 ? [{ type: 'rich_text', elements }] : []),
    { type: 'actions', elements: links.map(({ label, url }) => ({ type: 'button', text: plain(label), url })) },
  ]
}

interface RichText {
  type: 'text' | 'link'
  text: string
  url?: string
  style?: { bold: true }
}

/** Slack refuses empty texts. */
function section(parts: RichText[]) {
  return { type: 'rich_text_section', elements: parts.filter((part) => part.text !== '') }
}

function text(shown: string): RichText {
  return { type: 'text', text: shown }
}

function bold(shown: string): RichText {
  return { type: 'text', text: shown, style: { bold: true } }
}

function link(url: string): RichText {
  return { type: 'link', text: url, url }
}

/** Without emoji, `:fire:` stays as it is. */
function plain(shown: string) {
  return { type: 'plain_text', text: shown, emoji: false }
}

function escapeSlack(shown: string): string {
  return shown.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
