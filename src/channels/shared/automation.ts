// What programs such as Home Assistant get, as JSON.

import type { Message } from '#channels/kind.ts'
import { isAboutMonitor } from '#domain/notification.ts'
import { countBytes } from '#lib/cut.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import { statusWord } from '#words/notification.ts'
import { fitContent, PLAIN, renderText } from './markup.ts'

/** Home Assistant stores attributes of a state only up to 16,384 bytes. */
const PAYLOAD_MAX = 16_000

/** Flat, so that templates stay short: `{{ trigger.json.title }}`. */
export function automationPayload(message: Message) {
  const content = fitContent(contentOf(message), {
    max: PAYLOAD_MAX,
    sizeOf: (fitting) => countBytes(JSON.stringify(payloadOf(message, fitting))),
  })
  return payloadOf(message, content)
}

function payloadOf({ notification, links, deliveryId, thread }: Message, content: MessageContent) {
  const about = isAboutMonitor(notification) ? notification.monitor : null
  return {
    status: statusWord(notification),
    title: content.title,
    message: renderText(content, PLAIN, { max: PAYLOAD_MAX, without: ['title', 'links'] }),
    monitor: about?.name ?? null,
    slug: about?.slug ?? null,
    tags: about?.tags ?? [],
    project: notification.project,
    reason: notification.reason,
    output: content.output?.text ?? null,
    at: new Date(notification.at).toISOString(),
    url: links.open,
    acknowledge_url: links.acknowledge,
    is_test: notification.isTest,
    incident: thread.key,
    delivery: deliveryId,
  }
}
