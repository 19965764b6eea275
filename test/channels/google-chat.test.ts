import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, THREAD_KEY } from './conformance.ts'
import {
  DESCRIPTION,
  DOWN_DETAILS,
  DOWN_FACTS,
  GAP_DETAILS,
  GAP_FACTS,
  TEST_DESCRIPTION,
  TEST_DETAILS,
  TEST_FACTS,
  UP_DETAILS,
  UP_FACTS,
} from './expected.ts'
import {
  type Call,
  DOWN,
  findLinks,
  GAP,
  requestOf,
  Service,
  type ServiceAdaptor,
  structureOfHtml,
  TEST,
  testService,
  textOfHtml,
  UP,
} from './service.ts'

const TOKEN = 'token-secret-9Xy'
const PATH = `/v1/spaces/AAAA/messages?key=AIzaKey&token=${TOKEN}`

const adaptor: ServiceAdaptor = {
  kind: 'google-chat',
  settings: (base) => ({ url: base + PATH }),
  accepts: () => ({ status: 200, body: '{"name":"spaces/AAAA/messages/BBBB.BBBB","text":""}' }),
  read: ({ json }: Call) => {
    const { card } = json.cardsV2[0]
    const htmls: string[] = card.sections[0].widgets.map(htmlOf)
    return {
      name: card.header.title.replace(/^\S+ (Up|Down): /, ''),
      status: card.header.title.startsWith('🟢') ? 'up' : 'down',
      isTest: htmls.join('').includes('This is a test.'),
      structure: [
        ...Object.keys(json),
        ...Object.keys(card),
        ...htmls.map(structureOfHtml).map(String),
        ...[json.fallbackText, ...htmls.map((html) => textOfHtml(html.replace(/<a\b.*?<\/a>/gs, '')))].flatMap(
          findLinks,
        ),
      ],
    }
  },
  invalidSettings: [
    ['no URL', {}],
    ['a URL without a scheme', { url: 'chat.googleapis.com/v1/spaces/AAAA/messages' }],
  ],
  secrets: [TOKEN],
  // https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create and
  // https://cloud.google.com/apis/design/errors
  errors: [
    [
      'the webhook was deleted',
      { status: 404, body: '{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}' },
      { detail: 'Received status code 404: Requested entity was not found.', isPermanent: false },
    ],
    [
      'too many requests',
      {
        status: 429,
        body: '{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota)."}}',
      },
      { isPermanent: false },
    ],
  ],
}

// biome-ignore lint/suspicious/noExplicitAny: widgets have many shapes.
function htmlOf(widget: any): string {
  return widget.textParagraph?.text ?? widget.decoratedText?.text ?? ''
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const paragraph = (text: string) => ({ textParagraph: { text } })
const buttons = (...links: [text: string, url: string][]) => ({
  buttonList: { buttons: links.map(([text, url]) => ({ text, onClick: { openLink: { url } } })) },
})
const factsOf = (facts: [label: string, value: string][]) =>
  facts.map(([topLabel, text]) => ({ decoratedText: { topLabel, text, wrapText: true } }))

test('google-chat: sends a card to the thread of the incident', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const cards = [
    {
      title: '🔴 Down: backup',
      widgets: [
        paragraph(DOWN_DETAILS),
        paragraph(
          'pg_dump: error: connection to server failed\nFATAL: &lt;disk&gt; &amp; &quot;quota&quot; *exceeded*',
        ),
        ...factsOf(DOWN_FACTS),
        paragraph(DESCRIPTION),
        buttons(['Open monitor', page], ['Acknowledge', `${BASE_URL}/acknowledge/token`]),
      ],
    },
    {
      title: '🟢 Up: backup',
      widgets: [paragraph(UP_DETAILS), ...factsOf(UP_FACTS), paragraph(DESCRIPTION), buttons(['Open monitor', page])],
    },
    {
      title: '⚠️ CronGuard was offline (11:21 – 12:00 UTC)',
      widgets: [
        paragraph(GAP_DETAILS),
        ...factsOf(GAP_FACTS),
        buttons(['Open project', `${BASE_URL}/projects/project-1`]),
      ],
    },
    {
      title: '🔴 Down: TEST',
      widgets: [
        paragraph(TEST_DETAILS),
        ...factsOf(TEST_FACTS),
        paragraph(TEST_DESCRIPTION),
        buttons(['Open CronGuard', `${BASE_URL}/`]),
      ],
    },
  ]
  expect(service.calls.map(requestOf)).toEqual(
    cards.map(({ title, widgets }) => ({
      request: `POST ${PATH}&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD`,
      body: {
        fallbackText: title,
        cardsV2: [{ cardId: 'alert', card: { header: { title }, sections: [{ widgets }] } }],
        thread: { threadKey: THREAD_KEY },
      },
    })),
  )
})

test('google-chat: keeps the spaces of output', async () => {
  await service.send({ ...DOWN, output: { text: 'a  b\n  c', isCut: false } })
  expect(service.calls[0]?.json.cardsV2[0].card.sections[0].widgets[1]).toEqual(
    paragraph('a\u00a0\u00a0b\n\u00a0\u00a0c'),
  )
})
