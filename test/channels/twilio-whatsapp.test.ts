import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL, messageOf, notificationOf } from './conformance.ts'
import {
  DESCRIPTION,
  DOWN_DETAILS,
  DOWN_FACTS,
  GAP_DETAILS,
  GAP_FACTS,
  OUTPUT,
  TEST_DESCRIPTION,
  TEST_DETAILS,
  TEST_FACTS,
  UP_DETAILS,
  UP_FACTS,
} from './expected.ts'
import {
  addressesIn,
  DOWN,
  GAP,
  nameIn,
  requestOf,
  Service,
  type ServiceAdaptor,
  TEST,
  testService,
  UP,
} from './service.ts'
import { AUTHORIZATION, FROM, path, TO, TWILIO, VALID } from './twilio.ts'

const TEMPLATE = `HX${'0'.repeat(32)}`

const adaptor: ServiceAdaptor = {
  ...TWILIO,
  kind: 'twilio-whatsapp',
  settings: () => ({ ...VALID, contentSid: undefined }),
  invalidSettings: [...TWILIO.invalidSettings, ['a name in place of a template', { ...VALID, contentSid: 'alert' }]],
  read: ({ form }) => ({
    name: nameIn(form.Body?.replace(/^\*(.*)\*$/m, '$1')),
    status: form.Body?.startsWith('*Up: ') ? 'up' : 'down',
    isTest: form.Body?.includes('This is a test.') ?? false,
    structure: [...Object.keys(form), ...formatsIn(form.Body ?? '')],
  }),
}

/** What WhatsApp formats: blocks first, then signs at the edge of words, and lists and quotes at the start of lines. */
function formatsIn(text: string): string[] {
  const withoutBlocks = text.replace(/```[\s\S]+?```/g, '')
  return [
    ...(text.match(/```[\s\S]+?```/g) ?? []).map(() => 'block'),
    ...(withoutBlocks.match(/(?<![^\s.,;:!?(){}[\]-])([*_~`])(?=\S)[^\n]*?\S\1(?![\p{L}\p{N}\u2060])/gu) ?? []).map(
      ([sign = '']) => sign,
    ),
    ...(withoutBlocks.match(/^\s*(?:[*>-]|\d+\.)\s/gm) ?? []),
    ...addressesIn(text),
  ]
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The request is that of healthchecks, `hc/integrations/whatsapp/transport.py`, with text in place of a template.
test('twilio-whatsapp: sends text in the format of WhatsApp', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const facts = (list: [string, string][]) => list.map(([label, value]) => `*${label}*: ${value}`).join('\n')
  const golden = (...parts: string[]) => ({
    request: `POST ${path('Messages')}`,
    authorization: AUTHORIZATION,
    body: { To: `whatsapp:${TO}`, From: `whatsapp:${FROM}`, Body: parts.join('\n\n') },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const links = `Open monitor: ${page} · Acknowledge: ${BASE_URL}/acknowledge/token`
  expect(service.calls.map(requestOf)).toEqual([
    golden('*Down: backup*', DOWN_DETAILS, `\`\`\`${OUTPUT}\`\`\``, facts(DOWN_FACTS), DESCRIPTION, links),
    golden('*Up: backup*', UP_DETAILS, facts(UP_FACTS), DESCRIPTION, `Open monitor: ${page}`),
    golden(
      '*CronGuard was offline (11:21 – 12:00 UTC)*',
      GAP_DETAILS,
      facts(GAP_FACTS),
      `Open project: ${BASE_URL}/projects/project-1`,
    ),
    golden('*Down: TEST*', TEST_DETAILS, facts(TEST_FACTS), TEST_DESCRIPTION, `Open CronGuard: ${BASE_URL}/`),
  ])
})

test('twilio-whatsapp: fills the variables of a template', async () => {
  await service.send(DOWN, { contentSid: TEMPLATE })
  const { ContentSid, ContentVariables = '', Body } = service.calls[0]?.form ?? {}
  expect({ ContentSid, Body, variables: JSON.parse(ContentVariables) }).toEqual({
    ContentSid: TEMPLATE,
    Body: undefined,
    variables: { 1: 'Down: backup', 2: DOWN_DETAILS, 3: `${BASE_URL}/monitors/${'f'.repeat(40)}` },
  })
})

// Twilio's error 63021 names the limit of 1,024 characters for a template with its variables.
test('twilio-whatsapp: cuts the variables of a template, so that there is room for its own words', async () => {
  await service.send(messageOf(notificationOf({ name: '🛡️ backup '.repeat(100) })), { contentSid: TEMPLATE })
  const variables: string[] = Object.values(JSON.parse(service.calls[0]?.form.ContentVariables ?? ''))
  expect(variables[0]).toEndWith('… (cut)')
  expect(variables[0]?.length).toBeLessThanOrEqual(250)
})
