import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { phoneNumber } from './shared/fields.ts'
import { escapeHtml } from './shared/markup.ts'
import { sendTwilio, TWILIO_SETTINGS, type TwilioSettings, twilioFields, twilioSummary } from './shared/twilio.ts'

interface VoiceSettings extends TwilioSettings {
  callsOnRecovery?: 'on' | undefined
}

/** About half a minute of speech. Twilio accepts 4,000 characters with all elements. */
const SPEECH_MAX = 400

export const twilioVoice: ChannelKind<VoiceSettings> = {
  kind: 'twilio-voice',
  label: 'Phone call (Twilio)',
  group: 'Phone',
  offer: 'Calls you through your Twilio account and says what is down.',
  guide: 'twilio-sms-phone-calls-and-whatsapp',
  needsMailServer: false,
  fields: [
    ...twilioFields('A phone number from your account that can make calls.'),
    {
      name: 'callsOnRecovery',
      label: 'Call on recovery',
      help: 'Otherwise, the channel only calls when a monitor goes down.',
      type: 'flag',
      isRequired: false,
    },
  ],
  settings: z.object({ ...TWILIO_SETTINGS, from: phoneNumber(), callsOnRecovery: z.literal('on').optional() }),
  summary: twilioSummary,
  skips: ({ callsOnRecovery }, { status }) => {
    return status === 'up' && !callsOnRecovery ? 'The channel does not call for recoveries' : null
  },
  send,
}

async function send(settings: VoiceSettings, message: Message, transports: Transports): Promise<Outcome> {
  const { title, details } = contentOf(message)
  const speech = cutEnd(`CronGuard. ${title}. ${details}`, SPEECH_MAX)
  const form = {
    To: settings.to,
    From: settings.from,
    Twiml: `<Response><Say loop="2">${escapeXml(withVisibleDirections(speech))}</Say></Response>`,
  }
  return await sendTwilio(settings, { resource: 'Calls', form }, { message, transports })
}

// XML has no control characters, not even escaped ones.
function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it removes.
  return escapeHtml(text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''))
}
