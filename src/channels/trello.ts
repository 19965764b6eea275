import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { SECOND } from '#lib/duration.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import type { OutboundRequest } from '#lib/outbound.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, SetupResult, Transports } from './kind.ts'
import { outcomeOf, readAnswer, type ServiceRequest, sendRequest } from './shared/http.ts'
import { ISSUE_MARKDOWN, withoutReferences } from './shared/issues.ts'
import { renderText } from './shared/markup.ts'

interface TrelloSettings {
  key: string
  token: string
  list: string
  doneList?: string | undefined
  onUp: 'comment' | 'archive'
}

const API = 'https://api.trello.com/1'
/** The longest description or comment. */
const TEXT_MAX = 16_384
const NAME_MAX = 500

const ON_UP = [
  { value: 'comment', label: 'Add a comment' },
  { value: 'archive', label: 'Add a comment and archive the card' },
]

export const trello: ChannelKind<TrelloSettings> = {
  kind: 'trello',
  label: 'Trello',
  group: 'Issues',
  offer: 'Adds a card when a monitor goes down and updates it on recovery.',
  guide: 'trello',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'key',
      label: 'API key',
      help: 'Create a Power-Up (no code needed), and copy its API key.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a Power-Up', url: 'https://trello.com/power-ups/admin' },
    },
    {
      name: 'token',
      label: 'Token',
      help: 'Click “Token” next to the API key.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a token',
        url: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/',
      },
    },
    {
      name: 'list',
      label: 'List',
      help: 'The ID of the list to add cards to.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'doneList',
      label: 'List after recovery',
      help: 'The ID of the list to move cards to. Leave empty to keep them in place.',
      type: 'text',
      isRequired: false,
    },
    {
      name: 'onUp',
      label: 'When a monitor recovers',
      type: 'choice',
      isRequired: true,
      initial: 'comment',
      options: ON_UP,
    },
  ],
  settings: z.object({
    key: z.string().max(200).regex(/^\w+$/, 'Use only letters and digits.'),
    token: z.string().max(400).regex(/^\w+$/, 'Use only letters and digits.'),
    list: listId(),
    doneList: listId().optional(),
    onUp: z.enum(['comment', 'archive']),
  }),
  summary: ({ list }) => `List ${list}`,
  setup: {
    field: 'list',
    label: 'Find lists',
    help: 'Enter the API key and token first.',
    find: findLists,
  },
  send,
}

function listId() {
  return z.string().regex(/^[0-9a-f]{24}$/i, 'Enter the list ID: 24 characters, 0–9 and a–f.')
}

// Trello has no way to find a card by a key immediately, so a card whose creation was not confirmed may exist twice.
async function send(settings: TrelloSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { notification, thread } = message
  const content = contentOf(message)
  const name = cutEnd(withoutReferences(withVisibleDirections(content.title)), NAME_MAX)
  const to = { message, transports }
  if (thread.receipt === null) {
    const desc = renderText(content, ISSUE_MARKDOWN, { max: TEXT_MAX, without: ['title'] })
    const card = { idList: settings.list, name, desc, pos: 'top' }
    return await sendRequest(call(settings, 'POST', '/cards', card), { ...to, rules: { ...RULES, receiptOf } })
  }
  const path = `/cards/${thread.receipt}`
  if (notification.status === 'up' && (settings.doneList || settings.onUp === 'archive')) {
    const change = {
      ...(settings.doneList && { idList: settings.doneList }),
      ...(settings.onUp === 'archive' && { closed: true }),
    }
    // Moving and archiving can be repeated, so they come before the comment, which is sent once if the rest failed.
    const moved = await sendRequest(call(settings, 'PUT', path, change), { ...to, rules: RULES })
    if (moved.result === 'failed') return moved
  }
  const text = renderText(content, ISSUE_MARKDOWN, { max: TEXT_MAX })
  return await sendRequest(call(settings, 'POST', `${path}/actions/comments`, { text }), { ...to, rules: RULES })
}

async function findLists(settings: Readonly<Record<string, unknown>>, { outbound }: Transports): Promise<SetupResult> {
  const { key = '', token = '' } = settings as Partial<TrelloSettings>
  const query = 'filter=open&fields=name&lists=open&list_fields=name'
  const { url, headers = {} } = call({ key, token }, 'GET', `/members/me/boards?${query}`)
  const result = await outbound.send({ method: 'GET', url, headers, body: '', timeoutMs: 8 * SECOND })
  const outcome = outcomeOf(result, RULES)
  if (result.kind !== 'answer' || outcome.result === 'failed') return { kind: 'problem', text: `${outcome.detail}.` }
  const boards = Boards.safeParse(readAnswer(result).json)
  if (!boards.success) return { kind: 'problem', text: 'Trello sent an unexpected answer. Enter the list ID.' }
  const choices = boards.data.flatMap((board) =>
    board.lists.map(({ id, name }) => ({ value: id, label: `${board.name}: ${name}` })),
  )
  if (choices.length === 0) return { kind: 'problem', text: 'This token has no access to a board with lists.' }
  return { kind: 'found', choices }
}

const Boards = z.array(z.object({ name: z.string(), lists: z.array(z.object({ id: z.string(), name: z.string() })) }))

function receiptOf({ json }: { json: Record<string, unknown> }): unknown {
  return json.id
}

// Errors are plain text.
const RULES = { textOf: ({ body }: { body: string }) => body }

function call(
  { key, token }: Pick<TrelloSettings, 'key' | 'token'>,
  method: OutboundRequest['method'],
  path: string,
  json?: unknown,
): ServiceRequest {
  const Authorization = `OAuth oauth_consumer_key="${key}", oauth_token="${token}"`
  return { method, url: `${API}${path}`, headers: { Authorization, Accept: 'application/json' }, json }
}
