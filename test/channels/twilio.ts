// What the tests of the kinds that use Twilio have in common.
import type { ServiceAdaptor } from './service.ts'

export const ACCOUNT = 'AC0123456789abcdef0123456789abcdef'
export const TOKEN = '5d4c1b2a-auth-token-of-twilio'
export const FROM = '+15005550006'
export const TO = '+15551234567'
export const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`

export const VALID = { accountSid: ACCOUNT, token: TOKEN, from: FROM, to: '+1 (555) 123-4567' }

const error = (code: number, message: string, status: number) => ({
  status,
  body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
})

/**
 * Twilio describes the codes on pages such as `docs/api/errors/21211`, and 21610 in an article of its support. The
 * texts and the form of the body are those that public clients of Twilio expect in their tests.
 */
export const TWILIO: Pick<ServiceAdaptor, 'origins' | 'accepts' | 'secrets' | 'invalidSettings' | 'errors'> = {
  origins: ['https://api.twilio.com'],
  accepts: () => ({ status: 201, body: '{"sid":"SM1f0e8ae6ade43cb3c0ce4525424e404f","status":"queued"}' }),
  secrets: [TOKEN],
  invalidSettings: [
    ['no fields', {}],
    ['a number without a country code', { ...VALID, to: '5551234567' }],
    ['an API key in place of an account', { ...VALID, accountSid: `SK${'0'.repeat(32)}` }],
    ['a path in place of an account', { ...VALID, accountSid: 'AC/../x' }],
    ['a token with a line break', { ...VALID, token: 'a\nb' }],
  ],
  errors: [
    [
      'the number is invalid',
      error(21211, "The 'To' number +15551234567 is not a valid phone number.", 400),
      {
        detail: "Received status code 400: The 'To' number +15551234567 is not a valid phone number.",
        isPermanent: true,
      },
    ],
    [
      'the recipient unsubscribed',
      error(21610, 'Attempt to send to unsubscribed recipient', 400),
      { detail: 'Received status code 400: Attempt to send to unsubscribed recipient', isPermanent: true },
    ],
    [
      'the token is wrong',
      error(20003, 'Authenticate', 401),
      { detail: 'Received status code 401: Authenticate', isPermanent: false },
    ],
    [
      'too many requests',
      error(20429, 'Too Many Requests', 429),
      { detail: 'Received status code 429: Too Many Requests', isPermanent: false },
    ],
  ],
}

export function path(resource: string): string {
  return `/2010-04-01/Accounts/${ACCOUNT}/${resource}.json`
}
