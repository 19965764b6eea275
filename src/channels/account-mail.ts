// Emails about accounts: links to confirm an address, invitations and new sign-ins. Alerts are separate.
import type { Mailer, MailResult } from '#lib/mail.ts'
import { newUuid } from '#lib/tokens.ts'
import { renderAccountMailHtml, renderAccountMailText } from '#views/emails/account-mail.tsx'
import type { AccountMail } from '#words/account-mail.ts'

export function sendAccountMail(
  mailer: Mailer,
  { mail, baseUrl }: { mail: AccountMail; baseUrl: string },
): Promise<MailResult> {
  return mailer.send({
    to: mail.to,
    subject: mail.subject,
    text: renderAccountMailText({ mail, baseUrl }),
    html: renderAccountMailHtml({ mail, baseUrl }),
    messageId: `${newUuid()}@${new URL(baseUrl).hostname}`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  })
}
