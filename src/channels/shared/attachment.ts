// The attachment of a message, as Slack once invented it and others still read it.
import { countUnits } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import type { MessageContent } from '#words/message.ts'
import { CODED } from './coded.ts'
import { colorOf, renderText, textWithin } from './markup.ts'

// Older servers accept 8,000 characters for all parts together.
const TEXT_MAX = 4000
const VALUE_MAX = 300

export function attachmentOf(content: MessageContent) {
  return {
    title: CODED.text(withVisibleDirections(content.title)),
    title_link: content.links[0]?.url,
    color: colorOf(content),
    text: renderText(content, CODED, { max: TEXT_MAX, measure: countUnits, without: ['title', 'facts'] }),
    fields: content.facts.map(([label, value]) => ({
      title: label,
      value: textWithin(withVisibleDirections(value), CODED, { max: VALUE_MAX }),
      short: true,
    })),
  }
}
