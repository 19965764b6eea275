import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { type AnswerRules, sendRequest } from './shared/http.ts'
import { type Dialect, PLAIN, renderText, unlinked, withoutHtml } from './shared/markup.ts'

interface AppriseSettings {
  server: string
  key?: string | undefined
  urls?: string | undefined
  tag?: string | undefined
  username?: string | undefined
  password?: string | undefined
}

const TITLE_MAX = 250
/** Apprise cuts or splits for each service. This fits into most. */
const BODY_MAX = 3000

export const apprise: ChannelKind<AppriseSettings> = {
  kind: 'apprise',
  label: 'Apprise',
  group: 'Automation and groups',
  offer: 'Sends to more than 100 other services, through your own Apprise API server.',
  guide: 'apprise',
  needsMailServer: false,
  isText: true,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'The URL of your Apprise API server.',
      type: 'url',
      isRequired: true,
      link: { label: 'Run your own', url: 'https://github.com/caronc/apprise-api#installation' },
    },
    {
      name: 'key',
      label: 'Configuration key',
      help: 'The key of a configuration stored on the server.',
      type: 'secret',
      isRequired: false,
    },
    {
      name: 'urls',
      label: 'Apprise URLs',
      help: 'Instead of a key: Apprise URLs, separated by commas.',
      type: 'secret',
      isRequired: false,
      link: { label: 'All services', url: 'https://github.com/caronc/apprise/wiki#notification-services' },
    },
    {
      name: 'tag',
      label: 'Tags',
      help: 'Only with a key: notifies only services with these tags.',
      type: 'text',
      isRequired: false,
    },
    {
      name: 'username',
      label: 'User name',
      help: 'Only if the server requires one.',
      type: 'text',
      isRequired: false,
    },
    { name: 'password', label: 'Password', type: 'secret', isRequired: false },
  ],
  settings: z
    .object({
      server: serverUrl(),
      key: z
        .string()
        .trim()
        .regex(/^[\w-]{1,128}$/, 'Use letters, digits, - and _.')
        .optional(),
      urls: z.string().trim().max(2000).optional(),
      tag: z.string().max(200).optional(),
      username: z.string().max(200).optional(),
      password: z.string().max(200).optional(),
    })
    .refine(({ key, urls }) => Boolean(key) !== Boolean(urls), {
      path: ['key'],
      error: 'Enter either a configuration key or Apprise URLs.',
    }),
  summary: ({ server, key, urls, tag }) =>
    `${shownServer(server)} (${fingerprint(key ?? urls ?? '')}${tag ? `, ${tag}` : ''})`,
  send,
}

async function send(settings: AppriseSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { server, key, urls, tag } = settings
  const content = contentOf(message)
  const request = {
    url: `${withoutSlash(server)}/notify${key ? `/${key}` : ''}`,
    headers: { Accept: 'application/json', ...authorizationOf(settings) },
    json: {
      title: cutEnd(APPRISE.text(withVisibleDirections(content.title)), TITLE_MAX),
      body: renderText(content, APPRISE, { max: BODY_MAX, without: ['title'] }),
      type: TYPES[content.status],
      format: 'text',
      ...(key ? tag && { tag } : { urls }),
    },
  }
  return await sendRequest(request, { message, transports, rules: RULES })
}

const TYPES: Record<MessageContent['status'], string> = {
  down: 'failure',
  up: 'success',
  blind: 'warning',
  notice: 'warning',
}

// The services behind Apprise have different formats, so nothing may look like a mention, an address or an element.
const escapeText = (text: string) => withoutHtml(unlinked(text))
const APPRISE: Dialect = { ...PLAIN, text: escapeText, block: escapeText }

// 204 says that there is nothing to notify. If one of several services fails, the others get the message again with the
// next attempt: losing an alert would be worse.
const RULES: AnswerRules = {
  isSent: ({ status, json }) => status === 200 && !json.error,
  textOf: ({ status, json }) =>
    status === 204 ? 'The server has no configuration with this key' : (json.error ?? json.detail),
}

function authorizationOf({ username, password = '' }: AppriseSettings): Record<string, string> {
  if (!username) return {}
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
