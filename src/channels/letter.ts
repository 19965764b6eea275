// Mail to a person that is no alert: a link to prove an address, an invitation, word of a sign-in.
import type { Letter } from '#domain/letter.ts'
import type { Mailer, MailResult } from '#lib/mail.ts'
import { newUuid } from '#lib/tokens.ts'
import { renderLetterHtml, renderLetterText } from '#views/emails/letter.tsx'

export function sendLetter(
  mailer: Mailer,
  { letter, baseUrl }: { letter: Letter; baseUrl: string },
): Promise<MailResult> {
  return mailer.send({
    to: letter.to,
    subject: letter.subject,
    text: renderLetterText({ letter, baseUrl }),
    html: renderLetterHtml({ letter, baseUrl }),
    messageId: `${newUuid()}@${new URL(baseUrl).hostname}`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  })
}
