import { createTransport, type SendMailOptions } from 'nodemailer'
import { listenForMail, type MailListener } from '#http/smtp.ts'
import { freePort } from './binary.ts'
import type { TestGuard } from './cronguard.ts'

export const MAIL_DOMAIN = 'ping.example.org'

/** The settings for pings by mail, at a free port. */
export async function mailSettings(domain = MAIL_DOMAIN): Promise<Record<string, string>> {
  return {
    CRONGUARD_SMTPD_PORT: String(await freePort()),
    CRONGUARD_SMTPD_HOST: '127.0.0.1',
    CRONGUARD_PING_EMAIL_DOMAIN: domain,
  }
}

export async function startMailListener({ deps }: TestGuard, limits = {}): Promise<MailListener> {
  const listener = await listenForMail(deps, limits)
  if (listener === null) throw new Error('The mail listener did not start')
  return listener
}

export const mailAddressOf = ({ pingKey }: { pingKey: string }): string => `${pingKey}@${MAIL_DOMAIN}`

/** Sends a mail, and rejects with the answer of the listener when that refuses it. */
export async function sendMail({ port }: MailListener, message: SendMailOptions): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
  try {
    await transport.sendMail({ from: 'nas@example.org', ...message })
  } finally {
    transport.close()
  }
}
