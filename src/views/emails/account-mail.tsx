import type { AccountMail } from '#words/account-mail.ts'
import { MailButton, MailDocument, PADDING, SentBy, SOFT_COLOR, sentBy } from './frame.tsx'

interface AccountMailProps {
  mail: AccountMail
  baseUrl: string
}

const SMALL = `margin: 16px 0 0; font-size: 13px; color: ${SOFT_COLOR}; overflow-wrap: anywhere`

export function renderAccountMailText({ mail: { paragraphs, link }, baseUrl }: AccountMailProps): string {
  return `${[...paragraphs, `${link.label}:\n${link.url}`, sentBy(baseUrl)].join('\n\n')}\n`
}

export function renderAccountMailHtml(props: AccountMailProps): string {
  return `<!doctype html>${(<AccountMailDocument {...props} />).toString()}`
}

// The URL is also shown in full, so that readers can check where the button leads.
function AccountMailDocument({ mail: { subject, paragraphs, link }, baseUrl }: AccountMailProps) {
  return (
    <MailDocument title={subject} footer={<SentBy baseUrl={baseUrl} />}>
      <div class="pad" style={`${PADDING}; padding-top: 8px; padding-bottom: 28px`}>
        <h1 style="margin: 0 0 16px; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere">{subject}</h1>
        {paragraphs.map((paragraph) => (
          <p style="margin: 0 0 12px; overflow-wrap: anywhere">{paragraph}</p>
        ))}
        <div style="margin-top: 16px">
          <MailButton url={link.url} label={link.label} />
        </div>
        <p class="soft" style={SMALL}>
          {link.url}
        </p>
      </div>
    </MailDocument>
  )
}
