// The fields of a new card are those of healthchecks/healthchecks, hc/integrations/trello/transport.py. Comments,
// changes of cards and the Authorization header are from Atlassian's reference of the REST API.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { findKind } from '#channels/index.ts'
import { THREAD_KEY } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import { type Call, DOWN, requestOf, Service, type ServiceAdaptor, testService, UP } from './service.ts'
import { readIssue } from './tracker.ts'

const KEY = '0471642aefef5fa1fa76530ce1ba4c85'
const TOKEN = '9eb76d9a9d02b8dd40c2f3e5df18556c831d4d1fadbe2c45f8310e6c93b5c548'
const LIST = '5abbe4b7ddc1b351ef961414'
const DONE = '5abbe4b7ddc1b351ef961415'
const CARD = '5abbe4b7ddc1b351ef961416'

const adaptor: ServiceAdaptor = {
  kind: 'trello',
  origins: ['https://api.trello.com'],
  settings: () => ({ key: KEY, token: TOKEN, list: LIST, doneList: DONE, onUp: 'archive' }),
  accepts: () => ({ status: 200, body: `{"id":"${CARD}","name":"Down: backup"}` }),
  read: ({ json }: Call) => (json?.name ? readIssue(json.name, json.desc) : null),
  invalidSettings: [
    ['no fields', {}],
    ['a list that leaves its path', { key: KEY, token: TOKEN, list: '../members/me', onUp: 'comment' }],
    ['a token with a quote', { key: KEY, token: 'a"b', list: LIST, onUp: 'comment' }],
    ['an unknown choice', { key: KEY, token: TOKEN, list: LIST, onUp: 'burn' }],
  ],
  secrets: [KEY, TOKEN],
  errors: [
    [
      'a wrong token',
      { status: 401, body: 'invalid token' },
      { detail: 'Received status code 401: invalid token', isPermanent: false },
    ],
    ['a wrong list', { status: 400, body: 'invalid value for idList' }, { isPermanent: false }],
    ['a card that was deleted', { status: 404, body: 'The requested resource was not found.' }, { isPermanent: false }],
    [
      'too many requests',
      { status: 429, body: '{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}' },
      { isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const RECOVERY = { ...UP, thread: { key: THREAD_KEY, receipt: CARD } }
const LINK = `[Open monitor](<https://cronguard.example.org/monitors/${'f'.repeat(40)}>)`

test('trello: adds a card, then moves, archives and comments it', async () => {
  expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: CARD })
  await service.send(RECOVERY)
  const authorization = `OAuth oauth_consumer_key="${KEY}", oauth_token="${TOKEN}"`
  const desc = `${MARKDOWN_TEXTS.down}\n\n${LINK} · [Acknowledge](<${DOWN.links.acknowledge}>)`
  expect(service.calls.map(requestOf)).toEqual([
    { request: 'POST /1/cards', authorization, body: { idList: LIST, name: 'Down: backup', desc, pos: 'top' } },
    { request: `PUT /1/cards/${CARD}`, authorization, body: { idList: DONE, closed: true } },
    {
      request: `POST /1/cards/${CARD}/actions/comments`,
      authorization,
      body: { text: `**Up: backup**\n\n${MARKDOWN_TEXTS.up}\n\n${LINK}` },
    },
  ])
})

test('trello: only comments if nothing else is chosen', async () => {
  await service.send(RECOVERY, { doneList: undefined, onUp: 'comment' })
  expect(service.calls.map(({ path }) => path)).toEqual([`/1/cards/${CARD}/actions/comments`])
})

test('trello: does not comment as long as it cannot move the card', async () => {
  service.answer = () => ({ status: 500 })
  expect((await service.send(RECOVERY)).result).toBe('failed')
  expect(service.calls).toHaveLength(1)
})

const find = async () => await findKind('trello')?.setup?.find({ key: KEY, token: TOKEN }, service.transports())

test('trello: finds the lists of all boards', async () => {
  service.answer = () => ({
    status: 200,
    body: `[{"name":"Ops","id":"1","lists":[{"id":"${LIST}","name":"To do"},{"id":"${DONE}","name":"Done"}]}]`,
  })
  expect(await find()).toEqual({
    kind: 'found',
    choices: [
      { value: LIST, label: 'Ops: To do' },
      { value: DONE, label: 'Ops: Done' },
    ],
  })
  expect(service.calls[0]?.path).toBe('/1/members/me/boards?filter=open&fields=name&lists=open&list_fields=name')
})

test('trello: says why it found no lists', async () => {
  service.answer = () => ({ status: 401, body: 'invalid key' })
  expect(await find()).toEqual({ kind: 'problem', text: 'Received status code 401: invalid key.' })
  service.answer = () => ({ status: 200, body: '[]' })
  expect(await find()).toEqual({ kind: 'problem', text: 'This token has no access to a board with lists.' })
})
