// The pages of the documentation. Each is rendered on its first request and then cached.
import type { Markup } from '#jsx/jsx-runtime'
import { DOCS, type Doc, docPath } from './index.ts'
import { type ParsedDoc, parseDoc } from './markdown.ts'
import { DocPage } from './page.tsx'
import { createDocSearch, type DocHit } from './search.ts'

interface ShownDoc {
  doc: Doc
  content: Markup
}

export interface DocLibrary {
  /** Null if the page does not exist. */
  find(slug: string): ShownDoc | null
  search(query: string): DocHit[]
}

/** `values`: the values for `{{name}}` in the pages. */
export function createDocLibrary(values: Readonly<Record<string, string>>): DocLibrary {
  const drawn = new Map<string, ShownDoc>()
  let search: ((query: string) => DocHit[]) | null = null
  const parse = ({ source }: Doc): ParsedDoc => parseDoc(source, values)
  return {
    find(slug) {
      const doc = DOCS.find((known) => known.slug === slug)
      if (doc === undefined) return null
      const shown = drawn.get(slug) ?? { doc, content: <DocPage doc={parse(doc)} /> }
      drawn.set(slug, shown)
      return shown
    },
    search(query) {
      search ??= createDocSearch(DOCS.map((doc) => ({ path: docPath(doc.slug), doc: parse(doc) })))
      return search(query)
    },
  }
}
