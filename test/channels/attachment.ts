// How Mattermost and Rocket.Chat read an attachment.
import { structureOfMarkdown, withoutCode } from './service.ts'

interface Attachment {
  color: string
  text: string
  title_link: string
  fields: { title: string; value: string; short: boolean }[]
}

export function readAttachment(attachment: Attachment, title: string) {
  const { color, text, title_link, fields } = attachment
  return {
    name: withoutCode(title).replace(/^(Up|Down): /, ''),
    status: color === '#1f8a4c' ? 'up' : 'down',
    isTest: text.includes('This is a test.'),
    structure: [
      ...Object.keys(attachment),
      title_link,
      ...[title, text, ...fields.map(({ value }) => value)].flatMap(structureOfMarkdown),
    ],
  }
}

export function fieldsOf(facts: [label: string, value: string][]) {
  return facts.map(([title, value]) => ({ title, value, short: true }))
}
