// Renders the content of a message as text. Each format is a dialect, which escapes everything that isn't ours, so that
// no name and no output can format, link or mention anything.
import { countCharacters, countUnits, cutEnd, cutStart, type Measure } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { splitLinks } from '#lib/links.ts'
import type { MessageContent } from '#words/message.ts'

export interface Dialect {
  /** Escapes text so that it is shown as it is. */
  text(text: string): string
  /** Takes escaped text. */
  bold(escaped: string): string
  /** A block of unescaped text in a fixed-width font. */
  block(text: string): string
  link(link: { label: string; url: string }): string
  /** Between the links at the end. By default a dot. */
  separator?: string
}

export interface TextLimits {
  /** The longest text that the service accepts. */
  max: number
  /** How the service counts. By default characters. */
  measure?: Measure
  /** Parts to leave out because the service has a place of its own for them. */
  without?: readonly Part[]
}

export type Part = 'title' | 'details' | 'output' | 'facts' | 'description' | 'links'

/** Chat messages show at most this much of the output. */
const OUTPUT_MAX = 1000

/**
 * The whole message, within the limit. What doesn't fit is cut in this order: most of the description, most of the
 * output, the facts, the rest of both, then the details.
 */
export function renderText(content: MessageContent, dialect: Dialect, limits: TextLimits): string {
  const { max, measure = countCharacters } = limits
  const rendered = (fitting: MessageContent) => render(fitting, dialect, limits)
  const text = rendered(fitContent(content, { max, sizeOf: (fitting) => measure(rendered(fitting)) }))
  return measure(text) > max ? cutEnd(dialect.text(content.title), max, measure) : text
}

/** The content without what doesn't fit, for services with places of their own for its parts. */
export function fitContent(
  content: MessageContent,
  { max, sizeOf }: { max: number; sizeOf(content: MessageContent): number },
): MessageContent {
  // Nothing longer can fit, and a custom text may be very long.
  let rest = shortened(visible({ ...content, details: cutEnd(content.details, max) }), OUTPUT_MAX)
  for (const reduce of REDUCTIONS) {
    // Escaping makes texts longer, so one step may not be enough.
    for (let step = 0; step < 12; step += 1) {
      const excess = sizeOf(rest) - max
      if (excess <= 0) return rest
      rest = reduce(rest, excess)
    }
  }
  return rest
}

function visible(content: MessageContent): MessageContent {
  const { title, details, output, facts, description } = content
  return {
    ...content,
    title: withVisibleDirections(title),
    details: withVisibleDirections(details),
    output: output && { ...output, text: withVisibleDirections(output.text) },
    facts: facts.map(([label, value]) => [label, withVisibleDirections(value)]),
    description: withVisibleDirections(description),
  }
}

type Reduction = (content: MessageContent, excess: number) => MessageContent

/** How much of the description and of the output is worth more than the facts. */
const KEPT = 300
/** Less is not worth showing. */
const SHOWN_MIN = 20

const REDUCTIONS: Reduction[] = [
  (content, excess) => withDescription(content, Math.max(KEPT, countCharacters(content.description) - excess)),
  (content, excess) => shortened(content, Math.max(KEPT, outputLength(content) - excess)),
  (content) => ({ ...content, facts: content.facts.slice(0, -1) }),
  (content, excess) => withDescription(content, countCharacters(content.description) - excess),
  (content, excess) => shortened(content, outputLength(content) - excess),
  // Where escaping doubles the length, what is too much may be more than all of the text.
  (content, excess) => {
    const length = countCharacters(content.details)
    return { ...content, details: cutTo(content.details, Math.max(length - excess, Math.floor(length * 0.7))) }
  },
]

function outputLength({ output }: MessageContent): number {
  return output === null ? 0 : countCharacters(output.text)
}

/** With at most `max` characters of the output. */
function shortened(content: MessageContent, max: number): MessageContent {
  const { output } = content
  if (output === null || outputLength(content) <= max) return content
  return { ...content, output: max < SHOWN_MIN ? null : { text: cutStart(output.text, max), isCut: true } }
}

function withDescription(content: MessageContent, max: number): MessageContent {
  return { ...content, description: cutTo(content.description, max) }
}

function cutTo(text: string, max: number): string {
  return max < SHOWN_MIN ? '' : cutEnd(text, max)
}

function render(content: MessageContent, dialect: Dialect, { without = [] }: TextLimits): string {
  const parts: Record<Part, () => string> = {
    title: () => dialect.bold(dialect.text(content.title)),
    details: () => dialect.text(content.details),
    output: () => (content.output ? dialect.block(content.output.text) : ''),
    facts: () => content.facts.map((fact) => renderFact(fact, dialect)).join('\n'),
    description: () => renderLinked(content.description, dialect),
    links: () => content.links.map((link) => dialect.link(link)).join(dialect.separator ?? ' · '),
  }
  return (Object.keys(parts) as Part[])
    .filter((part) => !without.includes(part))
    .map((part) => parts[part]())
    .filter((text) => text !== '')
    .join('\n\n')
}

/** Escaped text within a limit. Only unescaped text is cut, so that no escape is split. */
export function textWithin(text: string, dialect: Dialect, { max, measure = countUnits }: TextLimits): string {
  let length = max
  let escaped = dialect.text(cutEnd(text, length))
  while (measure(escaped) > max) {
    length = Math.floor(length * 0.9)
    escaped = dialect.text(cutEnd(text, length))
  }
  return escaped
}

function renderFact([label, value]: readonly [string, string], dialect: Dialect): string {
  return `${dialect.bold(dialect.text(label))}: ${dialect.text(value)}`
}

/** Escaped text in which web addresses are links. */
export function renderLinked(text: string, dialect: Dialect): string {
  return splitLinks(text)
    .map((part) => (part.isUrl ? dialect.link({ label: part.text, url: part.text }) : dialect.text(part.text)))
    .join('')
}

const SIGNS: Record<MessageContent['status'], string> = { down: '🔴', up: '🟢', blind: '⚠️', notice: '⚠️' }

const COLORS: Record<MessageContent['status'], string> = {
  down: '#c93a32',
  up: '#1f8a4c',
  blind: '#b7791f',
  notice: '#b7791f',
}

/** A color for services that have one. */
export function colorOf({ status }: MessageContent): string {
  return COLORS[status]
}

/** The content with a colored sign before its title, for services that have no colors. */
export function withSign(content: MessageContent): MessageContent {
  return { ...content, title: `${SIGNS[content.status]} ${content.title}` }
}

/**
 * Text in which apps find no addresses, mentions, commands or tags, because word joiners interrupt them. For services
 * whose own syntax can't prevent it.
 */
export function unlinked(text: string): string {
  return text
    .replace(/[@#$~](?=[\p{L}\p{N}_])|\.(?=\p{L})|(?<!\d)\.(?=\p{N})|:(?=\/\/)/gu, '$&\u2060')
    .replace(/(?<![\p{L}\p{N}_])\/(?=[\p{L}\p{N}_])/gu, '$&\u2060')
}

/** Text without any format. Links are shown as they are. */
export const PLAIN: Dialect = {
  text: (text) => text,
  bold: (text) => text,
  block: (text) => text,
  link: ({ label, url }) => (label === url ? url : `${label}: ${url}`),
}

/** Text in which apps find nothing to link. */
export const PLAIN_UNLINKED: Dialect = { ...PLAIN, text: unlinked, block: unlinked }

/** For services that show some fields as text and others as HTML: word joiners keep text from becoming elements. */
export const PLAIN_WITHOUT_HTML: Dialect = {
  ...PLAIN,
  text: withoutHtml,
  block: withoutHtml,
}

export function withoutHtml(text: string): string {
  return text.replace(/<(?=[a-z/!?])|&(?=[a-z#])/gi, '$&\u2060')
}

/** HTML with the few elements that chat services know. */
export const HTML: Dialect = {
  text: escapeHtml,
  bold: (text) => `<b>${text}</b>`,
  block: (text) => `<pre>${escapeHtml(text)}</pre>`,
  link: ({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`,
}

/** CommonMark: every ASCII punctuation character may be escaped by a backslash. */
export const MARKDOWN: Dialect = {
  text: escapeMarkdown,
  bold: (text) => `**${text}**`,
  block: fenced,
  link: ({ label, url }) => (label === url ? `<${url}>` : `[${escapeMarkdown(label)}](<${url}>)`),
}

export function escapeHtml(text: string): string {
  return Bun.escapeHTML(text)
}

// Escapes what may have a meaning, and nothing more, because push messages are sometimes shown as they are. A word
// joiner after an @ keeps it from mentioning anyone.
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>~|&$@]/g, '\\$&')
    .replace(/\\@/g, '\\@\u2060')
    .replace(/:(?=\/\/)|(?<=\bwww)\.|(?<=\b(?:mailto|xmpp|tel)):/gi, '\\$&')
    .replace(/^([ \t]*)([#+=-])/gm, '$1\\$2')
    .replace(/^([ \t]*\d+)([.)])/gm, '$1\\$2')
    .replace(/^(?: {4,}|[ \t]*\t)/gm, (indent) => '\u00a0'.repeat(indent.length))
}

/** A code block whose fence is longer than any in the text. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
