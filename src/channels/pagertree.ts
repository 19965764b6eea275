import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { isAboutMonitor } from '#domain/notification.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'
import { PLAIN_WITHOUT_HTML, renderText, withoutHtml } from './shared/markup.ts'

interface PagerTreeSettings {
  url: string
}

const TITLE_MAX = 255
const DESCRIPTION_MAX = 30_000

export const pagertree: ChannelKind<PagerTreeSettings> = {
  kind: 'pagertree',
  label: 'PagerTree',
  group: 'On-call',
  offer: 'Opens an alert when a monitor goes down and resolves it on recovery.',
  guide: 'pagertree',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'url',
      label: 'Endpoint URL',
      help: 'In PagerTree, create a “Webhook” integration and copy its endpoint URL.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create an integration', url: 'https://pagertree.com/docs/integration-guides/webhook' },
    },
  ],
  settings: z.object({ url: requestUrl() }),
  summary: ({ url }) => shownSecretUrl(url),
  send,
}

// PagerTree finds the alert by the ID, so repetitions do no harm.
async function send({ url }: PagerTreeSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const { notification, thread } = message
  const json = {
    id: thread.key,
    event_type: content.status === 'up' ? 'resolve' : 'create',
    title: cutEnd(withoutHtml(withVisibleDirections(content.title)), TITLE_MAX),
    description: renderText(content, PLAIN_WITHOUT_HTML, { max: DESCRIPTION_MAX, without: ['title'] }),
    tags: isAboutMonitor(notification) ? notification.monitor.tags : [],
    meta: { project: notification.project, url: message.links.open },
  }
  return await sendRequest({ url, json }, { message, transports })
}
