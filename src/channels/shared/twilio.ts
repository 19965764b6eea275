// What the kinds that use Twilio have in common.
import { z } from 'zod'
import type { Message, Transports } from '#channels/kind.ts'
import type { ChannelField } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import { fingerprint, phoneNumber, secretToken } from './fields.ts'
import { type AnswerRules, sendRequest } from './http.ts'

export interface TwilioSettings {
  accountSid: string
  token: string
  from: string
  to: string
}

export const TWILIO_SETTINGS = {
  accountSid: z.string().regex(/^AC[0-9a-f]{32}$/i, 'Enter the account SID. It starts with “AC”.'),
  token: secretToken(),
  to: phoneNumber(),
}

/** `from` explains the sender. */
export function twilioFields(from: string): ChannelField[] {
  const link = { label: 'Open the Twilio console', url: 'https://console.twilio.com/' }
  return [
    {
      name: 'accountSid',
      label: 'Account SID',
      help: 'Starts with “AC”.',
      type: 'text',
      isRequired: true,
      link,
    },
    { name: 'token', label: 'Auth token', help: 'Next to the account SID.', type: 'secret', isRequired: true },
    { name: 'from', label: 'From', help: from, type: 'text', isRequired: true },
    {
      name: 'to',
      label: 'To',
      help: 'The phone number to notify, with its country code, such as +15551234567.',
      type: 'text',
      isRequired: true,
    },
  ]
}

export function twilioSummary({ to, accountSid }: TwilioSettings): string {
  return `${to} (account ${fingerprint(accountSid)})`
}

/** Twilio accepts no ID from us, so a retry after a lost answer sends the message twice. */
export async function sendTwilio(
  { accountSid, token }: Pick<TwilioSettings, 'accountSid' | 'token'>,
  { resource, form }: { resource: 'Messages' | 'Calls'; form: Record<string, string> },
  context: { message: Message; transports: Transports },
): Promise<Outcome> {
  const request = {
    url: `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/${resource}.json`,
    headers: { Authorization: `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}` },
    form,
  }
  return await sendRequest(request, { ...context, rules: RULES })
}

/** The number does not exist, or its owner unsubscribed by answering STOP. */
const PERMANENT_CODES: unknown[] = [21211, 21610]

const RULES: AnswerRules = {
  isPermanent: ({ json }) => PERMANENT_CODES.includes(json.code),
}
