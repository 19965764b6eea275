import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { countUnits, cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { phoneNumber } from './shared/fields.ts'
import { type Dialect, PLAIN, renderText, unlinked } from './shared/markup.ts'
import { sendTwilio, TWILIO_SETTINGS, type TwilioSettings, twilioFields, twilioSummary } from './shared/twilio.ts'

interface WhatsAppSettings extends TwilioSettings {
  contentSid?: string | undefined
}

const BODY_MAX = 1600
/** A template and its variables may have 1,024 characters together. */
const VARIABLE_MAX = 250

export const twilioWhatsapp: ChannelKind<WhatsAppSettings> = {
  kind: 'twilio-whatsapp',
  label: 'WhatsApp (Twilio)',
  group: 'Phone',
  offer: 'Sends WhatsApp messages through your Twilio account.',
  guide: 'twilio-sms-phone-calls-and-whatsapp',
  needsMailServer: false,
  fields: [
    ...twilioFields('A WhatsApp sender from your account, such as +14155238886.'),
    {
      name: 'contentSid',
      label: 'Template SID',
      help: 'Starts with “HX”. WhatsApp requires a template unless you wrote to the sender in the last 24 hours.',
      type: 'text',
      isRequired: false,
      link: { label: 'Create a template', url: 'https://console.twilio.com/us1/develop/sms/content-template-builder' },
    },
  ],
  settings: z.object({
    ...TWILIO_SETTINGS,
    from: phoneNumber(),
    contentSid: z
      .string()
      .regex(/^HX[0-9a-f]{32}$/i, 'Enter the template SID. It starts with “HX”.')
      .optional(),
  }),
  summary: twilioSummary,
  send,
}

async function send(settings: WhatsAppSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const form = {
    To: `whatsapp:${settings.to}`,
    From: `whatsapp:${settings.from}`,
    ...(settings.contentSid
      ? { ContentSid: settings.contentSid, ContentVariables: JSON.stringify(variablesOf(content)) }
      : { Body: renderText(content, WHATSAPP, { max: BODY_MAX, measure: countUnits }) }),
  }
  return await sendTwilio(settings, { resource: 'Messages', form }, { message, transports })
}

/** The title, what happened, and the address of the page. WhatsApp accepts no line breaks in them. */
function variablesOf({ title, details, links }: MessageContent): Record<string, string> {
  const shown = (text: string) =>
    cutEnd(escapeText(withVisibleDirections(text).replace(/\s+/g, ' ')), VARIABLE_MAX, countUnits)
  return { 1: shown(title), 2: shown(details), 3: links[0]?.url ?? '' }
}

/** WhatsApp's formats have no escapes. Word joiners around a sign keep it from being one. */
const WHATSAPP: Dialect = {
  ...PLAIN,
  text: escapeText,
  bold: (text) => `*${text}*`,
  block: (text) => `\`\`\`${unlinked(text).replaceAll('`', '`\u2060')}\`\`\``,
}

function escapeText(text: string): string {
  return unlinked(text)
    .replace(/[*_~`]/g, '\u2060$&\u2060')
    .replace(/^([ \t]*)([>*-]|\d+\.)(?=[ \t])/gm, '$1\u2060$2\u2060')
}
