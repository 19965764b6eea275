import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL } from './conformance.ts'
import { DOWN_DETAILS, GAP_DETAILS, OUTPUT, TEST_DETAILS, UP_DETAILS } from './expected.ts'
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

const adaptor: ServiceAdaptor = {
  ...TWILIO,
  kind: 'twilio-sms',
  settings: () => VALID,
  // Phones link addresses.
  read: ({ form }) => ({
    name: nameIn(form.Body),
    status: form.Body?.startsWith('Up: ') ? 'up' : 'down',
    isTest: form.Body?.includes('This is a test.') ?? false,
    structure: [...Object.keys(form), ...addressesIn(form.Body ?? '')],
  }),
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The request is that of healthchecks, `hc/integrations/sms/transport.py`, without its fields `StatusCallback` and
// `RiskCheck`.
test('twilio-sms: sends a short text', async () => {
  const page = `${BASE_URL}/monitors/${'f'.repeat(40)}`
  const golden = (...parts: string[]) => ({
    request: `POST ${path('Messages')}`,
    authorization: AUTHORIZATION,
    body: { To: TO, From: FROM, Body: parts.join('\n\n') },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', DOWN_DETAILS, OUTPUT, `Open monitor: ${page}\nAcknowledge: ${BASE_URL}/acknowledge/token`),
    golden('Up: backup', UP_DETAILS, `Open monitor: ${page}`),
    golden('CronGuard was offline (11:21 – 12:00 UTC)', GAP_DETAILS, `Open project: ${BASE_URL}/projects/project-1`),
    golden('Down: TEST', TEST_DETAILS, `Open CronGuard: ${BASE_URL}/`),
  ])
})

test('twilio-sms: sends through a messaging service', async () => {
  const from = `MG${'0'.repeat(32)}`
  await service.send(DOWN, { from })
  expect(service.calls[0]?.form).toMatchObject({ MessagingServiceSid: from })
  expect(service.calls[0]?.form.From).toBeUndefined()
})

test('twilio-sms: cuts the output to save messages', async () => {
  await service.send({ ...DOWN, output: { text: 'line\n'.repeat(400), isCut: false } })
  const body = service.calls[0]?.form.Body ?? ''
  expect(body.length).toBeLessThanOrEqual(480)
  expect(body).toContain('… (cut)')
  expect(body).toContain(`${BASE_URL}/acknowledge/token`)
})

// The alphabet is that of 3GPP TS 23.038, without its extension.
test('twilio-sms: uses only the alphabet of SMS, so that Twilio bills fewer messages', async () => {
  await service.send({ ...DOWN, output: { text: 'dump took 2.5 s', isCut: false } })
  await service.send(UP)
  for (const { form } of service.calls) expect(form.Body).toMatch(/^[\w\s@$!"#%&'()*+,./:;<=>?-]+$/)
})
