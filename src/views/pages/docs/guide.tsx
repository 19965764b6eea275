// A section of the documentation beside what it explains.
import type { Markup } from '#jsx/jsx-runtime'
import { Blocks } from './blocks.tsx'
import { DOCS } from './index.ts'
import { type DocSection, parseDoc, plainText } from './markdown.ts'

export interface Guide {
  content: Markup
  /** Whether it is short enough to be shown at once. */
  isShort: boolean
}

/** What a reader takes in at a glance: a few steps. */
const SHORT_MAX = 700

/** Finds sections of a page by their anchors. The page is read once. */
export function createGuides(slug: string, values: Readonly<Record<string, string>>): (anchor: string) => Guide | null {
  let sections: readonly DocSection[] | null = null
  return (anchor) => {
    sections ??= parseDoc(DOCS.find((doc) => doc.slug === slug)?.source ?? '', values).sections
    const section = sections.find(({ id }) => id === anchor)
    if (section === undefined) return null
    const { tokens, title } = section
    return { content: <Blocks tokens={tokens} label={title} />, isShort: plainText(tokens).length <= SHORT_MAX }
  }
}
