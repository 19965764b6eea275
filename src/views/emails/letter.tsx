import type { Letter } from '#domain/letter.ts'

interface LetterProps {
  letter: Letter
  baseUrl: string
}

const FONT = "font-family: system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; font-size: 15px; color: #1c2430"
const BUTTON =
  'display: inline-block; padding: 10px 16px; border-radius: 6px; background-color: #0f6b62; color: #ffffff'
const SMALL = 'margin: 24px 0 0; font-size: 13px; color: #5b6470; overflow-wrap: anywhere'

export function renderLetterText({ letter, baseUrl }: LetterProps): string {
  const link = letter.link === null ? [] : [`${letter.link.label}:\n${letter.link.url}`]
  return `${[...letter.paragraphs, ...link, `CronGuard at ${baseUrl}`].join('\n\n')}\n`
}

export function renderLetterHtml(props: LetterProps): string {
  return `<!doctype html>${(<LetterMail {...props} />).toString()}`
}

// Mail programs drop style sheets, so the looks stand in the elements. The link stands there in full, too: who does not
// trust a button can read where it leads.
function LetterMail({ letter, baseUrl }: LetterProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{letter.subject}</title>
      </head>
      <body style={`margin: 0; padding: 16px; ${FONT}`}>
        <h1 style="margin: 0 0 16px; font-size: 20px">{letter.subject}</h1>
        {letter.paragraphs.map((paragraph) => (
          <p style="margin: 0 0 16px; max-width: 36em">{paragraph}</p>
        ))}
        {letter.link && (
          <p style="margin: 0 0 16px">
            <a href={letter.link.url} style={BUTTON}>
              {letter.link.label}
            </a>
          </p>
        )}
        {letter.link && <p style={SMALL}>{letter.link.url}</p>}
        <p style={SMALL}>
          CronGuard at <a href={`${baseUrl}/`}>{baseUrl}</a>
        </p>
      </body>
    </html>
  )
}
