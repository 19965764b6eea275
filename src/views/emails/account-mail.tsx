import type { AccountMail } from '#words/account-mail.ts'

interface AccountMailProps {
  mail: AccountMail
  baseUrl: string
}

const FONT = "font-family: system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; font-size: 15px; color: #1c2430"
const BUTTON =
  'display: inline-block; padding: 10px 16px; border-radius: 6px; background-color: #0f6b62; color: #ffffff'
const SMALL = 'margin: 24px 0 0; font-size: 13px; color: #5b6470; overflow-wrap: anywhere'

export function renderAccountMailText({ mail: { paragraphs, link }, baseUrl }: AccountMailProps): string {
  return `${[...paragraphs, `${link.label}:\n${link.url}`, `Sent by CronGuard at ${baseUrl}`].join('\n\n')}\n`
}

export function renderAccountMailHtml(props: AccountMailProps): string {
  return `<!doctype html>${(<AccountMailDocument {...props} />).toString()}`
}

// Mail programs drop style sheets, so each element carries its own style. The URL is also shown in full: whoever does
// not trust a button can read where it leads.
function AccountMailDocument({ mail: { subject, paragraphs, link }, baseUrl }: AccountMailProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{subject}</title>
      </head>
      <body style={`margin: 0; padding: 16px; ${FONT}`}>
        <h1 style="margin: 0 0 16px; font-size: 20px">{subject}</h1>
        {paragraphs.map((paragraph) => (
          <p style="margin: 0 0 16px; max-width: 36em">{paragraph}</p>
        ))}
        <p style="margin: 0 0 16px">
          <a href={link.url} style={BUTTON}>
            {link.label}
          </a>
        </p>
        <p style={SMALL}>{link.url}</p>
        <p style={SMALL}>
          Sent by CronGuard at <a href={`${baseUrl}/`}>{baseUrl}</a>
        </p>
      </body>
    </html>
  )
}
