// Reads our own Markdown: a page falls into its title, its introduction and its sections, each with an anchor.
import { lexer, type Token, walkTokens } from 'marked'

export interface DocSection {
  /** The anchor, which is the same on a code forge; unique on its page. */
  id: string
  title: string
  /** 2 for a section, 3 for a section inside it. */
  depth: number
  tokens: Token[]
}

export interface ParsedDoc {
  title: string
  /** What comes before the first section. */
  intro: Token[]
  sections: DocSection[]
}

/** Fills in the values: `{{base_url}}` becomes the value of `base_url`, as text, whatever it holds. */
export function parseDoc(source: string, values: Readonly<Record<string, string>>): ParsedDoc {
  const tokens = lexer(source)
  walkTokens(tokens, (token) => {
    if (LEAVES.has(token.type) && 'text' in token) token.text = withValues(token.text, values)
  })
  const doc: ParsedDoc = { title: '', intro: [], sections: [] }
  const ids = new Map<string, number>()
  for (const token of tokens) {
    if (token.type !== 'heading') {
      const into = doc.sections.at(-1)?.tokens ?? doc.intro
      into.push(token)
    } else if (token.depth === 1) doc.title = plainText(token.tokens ?? [])
    else doc.sections.push(sectionOf(token, ids))
  }
  return doc
}

/** Tokens whose text is shown as it is. */
const LEAVES = new Set(['text', 'codespan', 'code', 'escape'])

function withValues(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{([a-z]\w*)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`The documentation has no value {{${name}}}`)
    return value
  })
}

function sectionOf(heading: Token, ids: Map<string, number>): DocSection {
  const { depth, tokens = [] } = heading as Token & { depth: number; tokens?: Token[] }
  const title = plainText(tokens)
  const anchor = anchorOf(title)
  const before = ids.get(anchor) ?? 0
  ids.set(anchor, before + 1)
  return { id: before === 0 ? anchor : `${anchor}-${before}`, title, depth, tokens: [] }
}

// As code forges make anchors of headings: "Time zones and DST" is #time-zones-and-dst.
function anchorOf(title: string): string {
  const words = title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '')
  return words.replaceAll(' ', '-')
}

/** What a reader sees, without marks; blocks and cells are kept apart by white space. */
export function plainText(tokens: readonly Token[]): string {
  return tokens.map(textOf).join('')
}

function textOf(token: Token): string {
  switch (token.type) {
    case 'html':
    case 'image':
      return ''
    case 'space':
    case 'br':
      return '\n'
    case 'table':
      return [token.header, ...token.rows].map((row: Cell[]) => row.map(cellText).join(' · ')).join('\n')
    case 'list':
      return token.items.map((item: Token) => textOf(item)).join('\n')
  }
  if ('tokens' in token && token.tokens !== undefined) return plainText(token.tokens)
  return 'text' in token ? token.text : ''
}

export interface Cell {
  tokens: Token[]
}

function cellText({ tokens }: Cell): string {
  return plainText(tokens)
}
