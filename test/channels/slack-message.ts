// How Slack reads a message.
import { withoutJoiners } from './service.ts'

// biome-ignore lint/suspicious/noExplicitAny: blocks have many shapes.
type Body = any

export function readSlackMessage(body: Body) {
  const header = body.blocks[0].text.text as string
  return {
    name: withoutJoiners(header).replace(/^\S+ (Up|Down): /, ''),
    status: header.startsWith('🟢') ? 'up' : 'down',
    isTest: JSON.stringify(body.blocks).includes('This is a test.'),
    structure: [...Object.keys(body), ...controlsOf(body.text), ...partsOf(body.blocks)],
  }
}

/** Slack reads links and mentions between angle brackets. */
function controlsOf(text: string): string[] {
  return text.match(/<[^>]*>/g) ?? []
}

/** The types, addresses and styles of all parts. Text counts only where Slack parses it. */
function partsOf(part: Body): string[] {
  if (Array.isArray(part)) return part.flatMap(partsOf)
  if (part === null || typeof part !== 'object') return []
  return Object.entries(part).flatMap(([key, value]) => {
    if (key !== 'text' || typeof value !== 'string')
      return [`${key}=${JSON.stringify(shapeOf(value))}`, ...partsOf(value)]
    return part.type === 'mrkdwn' ? [value] : []
  })
}

function shapeOf(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? Object.keys(value) : value
}
