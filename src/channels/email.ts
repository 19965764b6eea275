import { z } from 'zod'
import { Email } from '#domain/account.ts'
import type { Outcome } from '#domain/delivery.ts'
import { renderAlertHtml, renderAlertText } from '#views/emails/alert.tsx'
import { notificationTitle } from '#words/notification.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'

interface EmailSettings {
  address: string
}

export const email: ChannelKind<EmailSettings> = {
  kind: 'email',
  label: 'Email',
  group: 'Email and webhooks',
  offer: 'Sends an email to one address: a person or a mailing list.',
  needsMailServer: true,
  fields: [{ name: 'address', label: 'Address', help: 'Where to send the email.', type: 'address', isRequired: true }],
  settings: z.object({ address: Email }),
  summary: ({ address }) => address,
  reader: ({ address }) => address,
  send,
}

async function send({ address }: EmailSettings, message: Message, { mailer }: Transports): Promise<Outcome> {
  const { notification, deliveryId, baseUrl, zone } = message
  const result = await mailer.send({
    to: address,
    subject: notificationTitle(notification, zone),
    text: renderAlertText({ notification, baseUrl, zone }),
    html: renderAlertHtml({ notification, baseUrl, zone }),
    messageId: `${deliveryId}@${new URL(baseUrl).hostname}`,
    headers: { 'X-CronGuard-Delivery': deliveryId, 'Auto-Submitted': 'auto-generated' },
  })
  switch (result.kind) {
    case 'sent':
      return { result: 'sent', detail: result.detail }
    case 'logged':
      return { result: 'logged', detail: 'No mail server is configured, so the email was written to the log' }
    case 'failure':
      return { result: 'failed', reason: result.reason, detail: result.detail, isPermanent: result.isPermanent }
  }
}
