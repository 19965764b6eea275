import { afterEach, beforeEach, expect, test } from 'bun:test'
import { BASE_URL } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
import {
  addressesIn,
  type Call,
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

const VALID = { server: 'https://signal.example.org', from: '+15005550006', to: '+15551234567' }
const GROUP = 'group.QUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOD0='

const adaptor: ServiceAdaptor = {
  kind: 'signal-rest',
  settings: (base) => ({ ...VALID, server: `${base}/signal/` }),
  accepts: () => ({ status: 201, body: '{"timestamp":"1772366400123"}' }),
  // Signal's apps link addresses.
  read: ({ json }: Call) => ({
    name: nameIn(json.message),
    status: json.message.startsWith('Up: ') ? 'up' : 'down',
    isTest: json.message.includes('This is a test.'),
    structure: [...Object.keys(json), ...addressesIn(json.message)],
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a sender without a country code', { ...VALID, from: '5550006' }],
    ['a recipient with a space', { ...VALID, to: 'ada lovelace' }],
  ],
  secrets: [],
  // The form of the errors is that of bbernhard/signal-cli-rest-api, `src/api/api.go` and issue 696. The text about a
  // recipient is that of AsamK/signal-cli, `SendMessageResultUtils.java`.
  errors: [
    [
      'the recipient is not registered',
      {
        status: 400,
        body: JSON.stringify({
          error: `Failed to send (some) messages:\n+15551234567: Unregistered user "+15551234567"\n1780171156320
Failed to send message\n`,
        }),
      },
      {
        detail:
          'Received status code 400: Failed to send (some) messages: ' +
          '+15551234567: Unregistered user "+15551234567" 1780171156320 Failed to send message',
        isPermanent: true,
      },
    ],
    [
      'Signal wants a captcha',
      {
        status: 429,
        body: '{"error":"Failed to send message due to rate limiting","challenge_tokens":["a36f"],"account":"+1500"}',
      },
      { detail: 'Received status code 429: Failed to send message due to rate limiting', isPermanent: false },
    ],
    [
      'the API runs in the mode json-rpc, which names no reason',
      { status: 400, body: '{"error":"Failed to send message"}' },
      { detail: 'Received status code 400: Failed to send message', isPermanent: false },
    ],
    [
      'the sender is not registered',
      { status: 400, body: '{"error":"User +15005550006 is not registered.\\n"}' },
      { detail: 'Received status code 400: User +15005550006 is not registered.', isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

// The fields are those of `SendMessageV2` in bbernhard/signal-cli-rest-api, `src/api/api.go`.
test('signal-rest: sends plain text', async () => {
  const golden = (...parts: string[]) => ({
    request: 'POST /signal/v2/send',
    body: { number: VALID.from, recipients: [VALID.to], message: parts.join('\n\n'), text_mode: 'normal' },
  })
  for (const message of [DOWN, UP, GAP, TEST]) await service.send(message)
  const open = `Open monitor: ${BASE_URL}/monitors/${'f'.repeat(40)}`
  expect(service.calls.map(requestOf)).toEqual([
    golden('Down: backup', PLAIN_TEXTS.down, `${open} · Acknowledge: ${BASE_URL}/acknowledge/token`),
    golden('Up: backup', PLAIN_TEXTS.up, open),
    golden(
      'CronGuard was offline (11:21 – 12:00 UTC)',
      PLAIN_TEXTS.gap,
      `Open project: ${BASE_URL}/projects/project-1`,
    ),
    golden('Down: TEST', PLAIN_TEXTS.test, `Open CronGuard: ${BASE_URL}/`),
  ])
})

test('signal-rest: a recovery answers the message about the incident', async () => {
  const outcome = await service.send(DOWN)
  expect(outcome).toMatchObject({ result: 'sent', receipt: '1772366400123' })
  await service.send({ ...UP, thread: { ...UP.thread, receipt: '1772366400123' } })
  expect(service.calls[1]?.json).toMatchObject({ quote_timestamp: 1772366400123, quote_author: VALID.from })
})

// How it tells them apart is in `getRecipientType` of bbernhard/signal-cli-rest-api, `src/client/client.go`.
test('signal-rest: sends to user names and groups', async () => {
  for (const to of ['ada.42', GROUP]) await service.send(DOWN, { to })
  expect(service.calls.map(({ json }) => json.recipients)).toEqual([['ada.42'], [GROUP]])
})

// The answer is that of bbernhard/signal-cli-rest-api, issue 857: `src/client/client.go` removes the line breaks of
// signal-cli.
test('signal-rest: a message that only some members of a group got counts as sent', async () => {
  const error = 'Failed to send (some) messages:AAEC=: Unregistered user "5f0c"1780171156320'
  service.answer = () => ({ status: 400, body: JSON.stringify({ error }) })
  expect(await service.send(DOWN, { to: GROUP })).toMatchObject({ result: 'sent', receipt: '1780171156320' })
  expect((await service.send(DOWN, { to: 'group.42' })).result).toBe('failed')
  service.answer = () => ({ status: 400, body: JSON.stringify({ error: `${error}\nFailed to send message\n` }) })
  expect((await service.send(DOWN, { to: GROUP })).result).toBe('failed')
})
