import { z } from 'zod'
import { Email } from '#domain/account.ts'
import type { Outcome } from '#domain/delivery.ts'
import { MINUTE } from '#lib/duration.ts'
import { renderAlertHtml, renderAlertText } from '#views/emails/alert.tsx'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'

interface EmailSettings {
  address: string
}

export const email: ChannelKind<EmailSettings> = {
  kind: 'email',
  label: 'Email',
  group: 'Email and webhooks',
  offer: 'Sends an email to one address: a person or a mailing list.',
  guide: null,
  needsMailServer: true,
  isText: true,
  fields: [{ name: 'address', label: 'Address', type: 'address', isRequired: true }],
  settings: z.object({ address: Email }),
  summary: ({ address }) => address,
  recipient: ({ address }) => address,
  limits: ({ address }) => [{ key: `email ${address.toLowerCase()}`, burst: 60, perMs: MINUTE }],
  send,
}

async function send({ address }: EmailSettings, message: Message, { mailer }: Transports): Promise<Outcome> {
  const { deliveryId, baseUrl, links } = message
  const { hostname } = new URL(baseUrl)
  const result = await mailer.send({
    to: address,
    subject: contentOf(message).title,
    text: renderAlertText(message),
    html: renderAlertHtml(message),
    messageId: `${deliveryId}@${hostname}`,
    references: referencesOf(message, hostname),
    headers: {
      'X-CronGuard-Delivery': deliveryId,
      'Auto-Submitted': 'auto-generated',
      ...unsubscribeHeaders(links.unsubscribe),
    },
  })
  switch (result.kind) {
    case 'sent':
      return { result: 'sent', detail: result.detail, receipt: deliveryId }
    case 'logged':
      return { result: 'logged', detail: 'No mail server is configured. The recipient and the subject were logged' }
    case 'failure':
      return { result: 'failed', reason: result.reason, detail: result.detail, isPermanent: result.isPermanent }
  }
}

// All emails about an incident refer to its ID, which no email has, and to the first email that was sent. Mail programs
// show messages with a common reference as one thread.
function referencesOf({ thread: { key, receipt }, deliveryId }: Message, hostname: string): string[] {
  if (key === deliveryId) return []
  return [`incident.${key}@${hostname}`, ...(receipt === null ? [] : [`${receipt}@${hostname}`])]
}

// RFC 2369 and RFC 8058: mail programs show a button. Without the second header it opens the page, on which a member
// has to sign in.
function unsubscribeHeaders(unsubscribe: Message['links']['unsubscribe']): Record<string, string> {
  if (!unsubscribe) return {}
  const list = { 'List-Unsubscribe': `<${unsubscribe.url}>` }
  return unsubscribe.isOneClick ? { ...list, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : list
}
