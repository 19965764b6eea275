import MiniSearch from 'minisearch'
import { type ParsedDoc, plainText } from './markdown.ts'

export interface DocHit {
  /** Below `/docs`: "/schedules#grace-period". */
  address: string
  page: string
  /** Empty for what comes before the first section. */
  section: string
  /** Some words around the first match; every other part is a match. */
  excerpt: readonly string[]
}

/** Longer queries are truncated. */
export const QUERY_MAX = 100
const WORDS_MAX = 10
const HITS_MAX = 20
const EXCERPT_LENGTH = 180

interface Entry extends Omit<DocHit, 'excerpt'> {
  id: number
  text: string
}

/** Finds the sections in which all the words are, or words that begin like them, or nearly: the best first. */
export function createDocSearch(docs: readonly { path: string; doc: ParsedDoc }[]): (query: string) => DocHit[] {
  const entries = docs.flatMap(entriesOf).map((entry, id) => ({ ...entry, id }))
  const index = new MiniSearch<Entry>({ fields: ['page', 'section', 'text'] })
  index.addAll(entries)
  return (query) => {
    const words = query.slice(0, QUERY_MAX).split(/\s+/).slice(0, WORDS_MAX).join(' ')
    const found = index.search(words, {
      combineWith: 'AND',
      prefix: true,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      boost: { page: 3, section: 4 },
    })
    return found.slice(0, HITS_MAX).flatMap(({ id, match }) => {
      const entry = entries[id]
      return entry === undefined ? [] : [toHit(entry, Object.keys(match))]
    })
  }
}

function entriesOf({ path, doc }: { path: string; doc: ParsedDoc }): Omit<Entry, 'id'>[] {
  const intro = { address: path, page: doc.title, section: '', text: plainText(doc.intro) }
  const sections = doc.sections.map(({ id, title, tokens }) => ({
    address: `${path}#${id}`,
    page: doc.title,
    section: title,
    text: plainText(tokens),
  }))
  return [intro, ...sections]
}

function toHit({ address, page, section, text }: Entry, words: readonly string[]): DocHit {
  return { address, page, section, excerpt: marked(excerptOf(text, words), words) }
}

function excerptOf(text: string, words: readonly string[]): string {
  const flat = text.replace(/\s+/g, ' ').trim()
  const first = Math.max(0, flat.search(anyOf(words)))
  // A sentence or two: from a word before the match to a word after it.
  const from = first < EXCERPT_LENGTH / 3 ? 0 : flat.indexOf(' ', first - EXCERPT_LENGTH / 3) + 1
  const rest = flat.slice(from)
  const end = rest.length <= EXCERPT_LENGTH ? rest.length : rest.lastIndexOf(' ', EXCERPT_LENGTH)
  return `${from > 0 ? '… ' : ''}${rest.slice(0, end)}${end < rest.length ? ' …' : ''}`
}

// Every other part of what comes out is a match.
function marked(text: string, words: readonly string[]): string[] {
  return words.length === 0 ? [text] : text.split(new RegExp(`(${anyOf(words).source})`, 'giu'))
}

function anyOf(words: readonly string[]): RegExp {
  const escaped = words.map((word) => RegExp.escape(word)).join('|')
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped})(?![\\p{L}\\p{N}])`, 'iu')
}
