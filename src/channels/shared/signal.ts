// What the kinds that use Signal have in common.
import { z } from 'zod'
import type { ChannelField } from '#domain/channel.ts'
import { countBytes } from '#lib/cut.ts'
import type { MessageContent } from '#words/message.ts'
import { fitContent, PLAIN_UNLINKED, renderText, unlinked } from './markup.ts'

/** A longer text becomes an attachment. */
const TEXT_MAX = 2000

export const RECIPIENT_FIELD: ChannelField = {
  name: 'to',
  label: 'Recipient',
  help: 'A phone number with its country code, a user name such as ada.42, or a group ID.',
  type: 'text',
  isRequired: true,
}

export function recipient() {
  return z
    .string()
    .transform((text) => (text.startsWith('+') ? text.replace(/[\s().-]/g, '') : text))
    .refine((text) => /^(\+[1-9]\d{4,14}|\S{40,200}|(?!\+)\S{3,200})$/.test(text), {
      error: 'Enter a phone number such as +15551234567, a user name, or a group ID.',
    })
}

export interface SignalText {
  text: string
  /** Ranges in UTF-16 units. */
  styles: { start: number; length: number; style: 'BOLD' | 'MONOSPACE' }[]
}

/** Signal shows text as it is, and takes formats as ranges. */
export function signalText(content: MessageContent): SignalText {
  const fitting = fitContent(content, {
    max: TEXT_MAX,
    sizeOf: (part) => countBytes(rendered(part, Number.POSITIVE_INFINITY)),
  })
  const text = rendered(fitting)
  const title = unlinked(fitting.title)
  const output = fitting.output && unlinked(fitting.output.text)
  const outputAt = output === null ? -1 : text.indexOf(`\n\n${output}`, title.length + 2)
  return {
    text,
    styles: [
      { start: 0, length: title.length, style: 'BOLD' },
      ...(output === null || outputAt === -1
        ? []
        : [{ start: outputAt + 2, length: output.length, style: 'MONOSPACE' as const }]),
    ],
  }
}

function rendered(content: MessageContent, max = TEXT_MAX): string {
  return renderText(content, PLAIN_UNLINKED, { max, measure: countBytes })
}
