import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { numberChoice, secretToken, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { PRIORITY_IS_NOTHING, sendRequest } from './shared/http.ts'
import { MARKDOWN, renderText } from './shared/markup.ts'

interface GotifySettings {
  server: string
  token: string
  downPriority: number
  upPriority: number
}

// The server has no limit, so this is what a phone can show.
const MESSAGE_MAX = 10_000
const TITLE_MAX = 250
const NEVER = -1

/** What the Android app does at each priority. */
const PRIORITIES = [
  { value: '10', label: '10: highest (sound and vibration)' },
  { value: '8', label: '8: high (sound and vibration)' },
  { value: '5', label: '5: normal (sound)' },
  { value: '2', label: '2: low (no sound)' },
  { value: '0', label: '0: no notification on the phone' },
  { value: String(NEVER), label: 'Send nothing' },
]

export const gotify: ChannelKind<GotifySettings> = {
  kind: 'gotify',
  label: 'Gotify',
  group: 'Push',
  offer: 'Sends push notifications through your own Gotify server.',
  guide: 'gotify',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'The URL of your Gotify server, such as https://gotify.example.com.',
      type: 'url',
      isRequired: true,
      link: { label: 'Run your own', url: 'https://gotify.net/docs/install' },
    },
    {
      name: 'token',
      label: 'Application token',
      help: 'In Gotify, open “Apps”, create an application and copy its token.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a token', url: 'https://gotify.net/docs/pushmsg' },
    },
    {
      name: 'downPriority',
      label: 'Down priority',
      type: 'choice',
      isRequired: true,
      initial: '8',
      options: PRIORITIES,
    },
    {
      name: 'upPriority',
      label: 'Recovery priority',
      type: 'choice',
      isRequired: true,
      initial: '5',
      options: PRIORITIES,
    },
  ],
  settings: z.object({
    server: serverUrl(),
    token: secretToken(),
    downPriority: numberChoice(PRIORITIES),
    upPriority: numberChoice(PRIORITIES),
  }),
  summary: ({ server }) => shownServer(server),
  skips: (settings, { status }) => (priorityFor(settings, status) === NEVER ? PRIORITY_IS_NOTHING : null),
  send,
}

function priorityFor({ upPriority, downPriority }: GotifySettings, status: Notification['status']): number {
  return status === 'up' ? upPriority : downPriority
}

async function send(settings: GotifySettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const priority = priorityFor(settings, content.status)
  const request = {
    url: `${withoutSlash(settings.server)}/message`,
    headers: { 'X-Gotify-Key': settings.token },
    json: {
      title: cutEnd(withVisibleDirections(content.title), TITLE_MAX),
      message: renderText(content, MARKDOWN, { max: MESSAGE_MAX, without: ['title'] }),
      priority,
      extras: {
        'client::display': { contentType: 'text/markdown' },
        'client::notification': { click: { url: message.links.open } },
      },
    },
  }
  return await sendRequest(request, { message, transports, rules: { textOf: ({ json }) => json.errorDescription } })
}
