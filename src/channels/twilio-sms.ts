import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countUnits } from '#lib/cut.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { type Dialect, PLAIN_UNLINKED, renderText } from './shared/markup.ts'
import { sendTwilio, TWILIO_SETTINGS, type TwilioSettings, twilioFields, twilioSummary } from './shared/twilio.ts'

/** Twilio accepts 1,600 characters, but bills every 153 of them as one message. */
const BODY_MAX = 480

export const twilioSms: ChannelKind<TwilioSettings> = {
  kind: 'twilio-sms',
  label: 'SMS (Twilio)',
  group: 'Phone',
  offer: 'Sends text messages through your Twilio account.',
  guide: 'twilio-sms-phone-calls-and-whatsapp',
  needsMailServer: false,
  fields: twilioFields('A phone number or sender name from your account, or a messaging service (“MG…”).'),
  settings: z.object({
    ...TWILIO_SETTINGS,
    from: z
      .string()
      .regex(/^(\+\d{3,15}|MG[0-9a-f]{32}|[A-Za-z0-9 ]{1,11})$/, 'Enter a phone number, a sender name, or “MG…”.'),
  }),
  summary: twilioSummary,
  send,
}

async function send(settings: TwilioSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { from, to } = settings
  const form = {
    To: to,
    ...(/^MG/.test(from) ? { MessagingServiceSid: from } : { From: from }),
    Body: renderText(contentOf(message), SMS, {
      max: BODY_MAX,
      measure: countUnits,
      without: ['facts', 'description'],
    }),
  }
  return await sendTwilio(settings, { resource: 'Messages', form }, { message, transports })
}

/** The usual dot between links is not in the alphabet of SMS, so Twilio would bill every 67 characters as a message. */
const SMS: Dialect = { ...PLAIN_UNLINKED, separator: '\n' }
