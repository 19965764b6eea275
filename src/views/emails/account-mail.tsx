import type { AccountMail } from '#words/account-mail.ts'
import { MailButton, MailDocument, SOFT_COLOR } from './frame.tsx'

interface AccountMailProps {
  mail: AccountMail
  baseUrl: string
}

const SMALL = `margin: 16px 0 0; font-size: 13px; color: ${SOFT_COLOR}; overflow-wrap: anywhere`

export function renderAccountMailText({ mail: { paragraphs, link }, baseUrl }: AccountMailProps): string {
  return `${[...paragraphs, `${link.label}:\n${link.url}`, `Sent by CronGuard at ${baseUrl}`].join('\n\n')}\n`
}

export function renderAccountMailHtml(props: AccountMailProps): string {
  return `<!doctype html>${(<AccountMailDocument {...props} />).toString()}`
}

// The URL is also shown in full, so that readers can check where the button leads.
function AccountMailDocument({ mail: { subject, paragraphs, link }, baseUrl }: AccountMailProps) {
  return (
    <MailDocument title={subject}>
      <h1 style="margin: 0 0 16px; font-size: 20px; line-height: 1.3">{subject}</h1>
      {paragraphs.map((paragraph) => (
        <p style="margin: 0 0 12px; overflow-wrap: anywhere">{paragraph}</p>
      ))}
      <MailButton url={link.url} label={link.label} />
      <p class="soft" style={SMALL}>
        {link.url}
      </p>
      <p class="soft" style={SMALL}>
        Sent by CronGuard at <a href={`${baseUrl}/`}>{baseUrl}</a>
      </p>
    </MailDocument>
  )
}
