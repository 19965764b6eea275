import { afterEach, beforeEach, expect, test } from 'bun:test'
import { messageOf, notificationOf } from './conformance.ts'
import { DOWN_DETAILS, GAP_DETAILS, TEST_DETAILS, UP_DETAILS } from './expected.ts'
import {
  DOWN,
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
import { AUTHORIZATION, FROM, path, TO, TWILIO, VALID } from './twilio.ts'

const adaptor: ServiceAdaptor = {
  ...TWILIO,
  kind: 'twilio-voice',
  alwaysFits: true,
  settings: () => ({ ...VALID, callsOnRecovery: 'on' }),
  read: ({ form: { Twiml = '', ...form } }) => ({
    name: spokenName(textOfHtml(Twiml)),
    status: textOfHtml(Twiml).startsWith('CronGuard. Up: ') ? 'up' : 'down',
    isTest: Twiml.includes('This is a test.'),
    structure: [...Object.keys(form), ...structureOfHtml(Twiml)],
  }),
}

// The speech continues with what happened.
function spokenName(speech: string): string {
  return speech.replace(/^CronGuard\. (Up|Down): /, '').replace(/\. (No ping|The job|This is a test).*$/s, '')
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const twiml = (speech: string) => `<Response><Say loop="2">${speech}</Say></Response>`

// The request is that of healthchecks, `hc/integrations/call/transport.py`. Twilio's error 32018 names the limit of
// 4,000 characters.
test('twilio-voice: says twice what is down', async () => {
  const golden = (speech: string) => ({
    request: `POST ${path('Calls')}`,
    authorization: AUTHORIZATION,
    body: { To: TO, From: FROM, Twiml: twiml(speech) },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual([
    golden(`CronGuard. Down: backup. ${DOWN_DETAILS}`),
    golden(`CronGuard. Up: backup. ${UP_DETAILS}`),
    golden(`CronGuard. CronGuard was offline (11:21 – 12:00 UTC). ${GAP_DETAILS}`),
    golden(`CronGuard. Down: TEST. ${TEST_DETAILS}`),
  ])
})

test('twilio-voice: calls for a recovery only if enabled', async () => {
  expect((await service.send(UP, { callsOnRecovery: undefined })).result).toBe('logged')
  expect(service.calls).toEqual([])
})

test("twilio-voice: a name can't add elements or invalid XML characters", async () => {
  await service.send(messageOf(notificationOf({ name: '</Say><Dial>+1900</Dial>\u0000&\u0008' })))
  expect(service.calls[0]?.form.Twiml).toStartWith(
    '<Response><Say loop="2">CronGuard. Down: &lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt;&amp;. No ping',
  )
})
