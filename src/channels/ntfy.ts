import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import { countBytes, cutEnd } from '#lib/cut.ts'
import { SECOND } from '#lib/duration.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { numberChoice, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { PRIORITY_IS_NOTHING, sendRequest } from './shared/http.ts'
import { MARKDOWN, renderText } from './shared/markup.ts'

interface NtfySettings {
  server: string
  topic: string
  token?: string | undefined
  username?: string | undefined
  password?: string | undefined
  downPriority: number
  upPriority: number
}

/** ntfy turns a longer message into an attached file. It counts bytes. */
const MESSAGE_MAX = 4000
const TITLE_MAX = 250

const PRIORITIES = [
  { value: '5', label: '5: urgent' },
  { value: '4', label: '4: high' },
  { value: '3', label: '3: default' },
  { value: '2', label: '2: low' },
  { value: '1', label: '1: lowest' },
  { value: '0', label: 'Send nothing' },
]

export const ntfy: ChannelKind<NtfySettings> = {
  kind: 'ntfy',
  label: 'ntfy',
  group: 'Push',
  offer: 'Sends push notifications to phones and desktops, through ntfy.sh or your own server.',
  guide: 'ntfy',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'ntfy.sh, or the URL of your own server.',
      type: 'url',
      isRequired: true,
      initial: 'https://ntfy.sh',
      link: { label: 'Run your own', url: 'https://docs.ntfy.sh/install/' },
    },
    {
      name: 'topic',
      label: 'Topic',
      help: 'On ntfy.sh, anyone who knows the topic can read it. Treat it like a password.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'token',
      label: 'Access token',
      help: 'Only for a protected topic. Starts with “tk_”.',
      type: 'secret',
      isRequired: false,
      link: { label: 'Create a token', url: 'https://docs.ntfy.sh/config/#access-tokens' },
    },
    {
      name: 'username',
      label: 'User name',
      help: 'Only for a protected topic without a token.',
      type: 'text',
      isRequired: false,
    },
    { name: 'password', label: 'Password', type: 'secret', isRequired: false },
    {
      name: 'downPriority',
      label: 'Down priority',
      type: 'choice',
      isRequired: true,
      initial: '5',
      options: PRIORITIES,
    },
    {
      name: 'upPriority',
      label: 'Recovery priority',
      type: 'choice',
      isRequired: true,
      initial: '3',
      options: PRIORITIES,
    },
  ],
  settings: z.object({
    server: serverUrl(),
    topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'Use 1 to 64 letters, digits, - and _.'),
    token: z.string().max(200).optional(),
    username: z.string().max(200).optional(),
    password: z.string().max(200).optional(),
    downPriority: numberChoice(PRIORITIES),
    upPriority: numberChoice(PRIORITIES),
  }),
  summary: ({ server, topic }) => `${topic} on ${shownServer(server)}`,
  // The limits of ntfy.sh, which count all topics of a sender.
  limits: ({ server }) => [{ key: withoutSlash(server), burst: 60, perMs: 5 * SECOND }],
  skips: (settings, { status }) => (priorityFor(settings, status) === 0 ? PRIORITY_IS_NOTHING : null),
  send,
}

function priorityFor({ upPriority, downPriority }: NtfySettings, status: Notification['status']): number {
  return status === 'up' ? upPriority : downPriority
}

async function send(settings: NtfySettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const priority = priorityFor(settings, content.status)
  const request = {
    url: `${withoutSlash(settings.server)}/`,
    headers: authorizationOf(settings),
    json: { topic: settings.topic, priority, ...bodyOf(content) },
  }
  return await sendRequest(request, { message, transports })
}

const SIGNS: Record<Notification['status'], string> = {
  down: 'red_circle',
  up: 'green_circle',
  blind: 'warning',
  notice: 'warning',
}

function bodyOf(content: MessageContent) {
  return {
    title: cutEnd(withVisibleDirections(content.title), TITLE_MAX),
    message: renderText(content, MARKDOWN, {
      max: MESSAGE_MAX,
      measure: countBytes,
      without: ['title', 'links'],
    }),
    markdown: true,
    tags: [SIGNS[content.status]],
    click: content.links[0]?.url,
    actions: content.links.map(({ label, url }) => ({ action: 'view', label, url })),
  }
}

function authorizationOf({ token, username, password = '' }: NtfySettings): Record<string, string> {
  if (token) return { Authorization: `Bearer ${token}` }
  if (!username) return {}
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
