import { type Child, raw } from '#jsx/jsx-runtime'

const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
const BODY = `margin: 0; padding: 0; background-color: #eff3f2; color: #132022; font: 15px/1.5 ${FONT}`
const SHEET = 'background-color: #ffffff; border: 1px solid #e0e6e4; border-radius: 10px; overflow: hidden'
/** As a table, because some programs ignore the padding of other elements. */
export const PADDING = 'padding: 0 32px'

/** For facts that matter less than the sentences. */
export const SOFT_COLOR = '#46565a'

// Without these, a program in dark mode shows dark letters on its own dark ground.
const STYLE = `<style>:root { color-scheme: light dark; supported-color-schemes: light dark }
a { color: #0b6a60 }
@media (max-width: 480px) {
  .outer { padding: 0 0 24px !important }
  .sheet { border-radius: 0 !important; border-width: 0 0 1px !important }
  .pad { padding-left: 18px !important; padding-right: 18px !important }
  .big { font-size: 24px !important }
}
@media (prefers-color-scheme: dark) {
  body, .ground { background-color: #0b1012 !important; color: #e8eeee !important }
  .sheet { background-color: #141b1e !important; border-color: #263237 !important }
  .band-down { background-color: #281718 !important; border-color: #53292a !important }
  .band-up { background-color: #10241a !important; border-color: #1f4530 !important }
  .band-notice { background-color: #231d11 !important; border-color: #4a3a17 !important }
  .ink-down { color: #ff9183 !important }
  .ink-up { color: #5bc890 !important }
  .ink-notice { color: #f0bb58 !important }
  .sign-down { background-color: #ff9183 !important; color: #281718 !important }
  .sign-up { background-color: #5bc890 !important; color: #10241a !important }
  .sign-notice { background-color: #f0bb58 !important; color: #231d11 !important }
  .soft { color: #93a2a7 !important }
  .line { border-color: #263237 !important }
  .output { background-color: #080d0e !important }
  .shield { background-color: #62cdbd !important; color: #06211e !important }
  a { color: #62cdbd !important }
  a.button { border-color: #62cdbd !important }
  a.primary { color: #06211e !important; background-color: #62cdbd !important }
}</style>`

const ASIDE = `padding: 14px 0; font-size: 13px; color: ${SOFT_COLOR}; overflow-wrap: anywhere; word-break: break-word`

interface MailProps {
  title: string
  /** What lists of emails show after the subject. */
  preview?: string
  /** At the end of the header. */
  aside?: string
  children?: Child
  /** Below the sheet. */
  footer: Child
}

/** The document of an email. Many mail programs drop the style sheet, so each element also carries its own style. */
export function MailDocument({ title, preview, aside, children, footer }: MailProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{title}</title>
        {raw(STYLE)}
      </head>
      <body style={BODY}>
        {preview && <div style="display: none; max-height: 0; overflow: hidden">{preview}</div>}
        <div class="outer" style="max-width: 600px; margin: 0 auto; padding: 24px 0 32px">
          <div class="sheet" style={SHEET}>
            <div class="pad" style={PADDING}>
              <table role="presentation" width="100%" style="border-collapse: collapse">
                <tr>
                  <td style="padding: 14px 16px 14px 0; font-size: 14px; font-weight: 650; white-space: nowrap">
                    <Shield /> CronGuard
                  </td>
                  {aside && (
                    <td class="soft" align="right" style={ASIDE}>
                      <bdi>{aside}</bdi>
                    </td>
                  )}
                </tr>
              </table>
            </div>
            {children}
          </div>
          <div class="pad soft" style={`padding: 18px 32px 0; font-size: 13px; color: ${SOFT_COLOR}`}>
            {footer}
          </div>
        </div>
      </body>
    </html>
  )
}

const SHIELD =
  'display: inline-block; width: 18px; height: 20px; margin-right: 5px; border-radius: 4px 4px 9px 9px; ' +
  'background-color: #0b6a60; color: #ffffff; font-size: 12px; line-height: 20px; text-align: center'

// Mail programs drop SVG and block images, so letters draw the logo.
function Shield() {
  return (
    <span class="shield" aria-hidden="true" style={SHIELD}>
      ✓
    </span>
  )
}

interface MailButtonProps {
  url: string
  label: string
  isPrimary?: boolean
}

/** A link that looks like a button. */
export function MailButton({ url, label, isPrimary = true }: MailButtonProps) {
  const colors = isPrimary ? 'background-color: #0b6a60; color: #ffffff' : 'color: #0b6a60'
  const shape =
    'display: block; padding: 12px 8px; border: 1px solid #0b6a60; border-radius: 7px; text-align: center; ' +
    'text-decoration: none; font-weight: 620'
  return (
    <a href={url} class={isPrimary ? 'button primary' : 'button'} style={`${shape}; ${colors}`}>
      {label}
    </a>
  )
}

/** The end of each email: which server sent it. */
export function SentBy({ baseUrl }: { baseUrl: string }) {
  return (
    <>
      Sent by CronGuard at <a href={`${baseUrl}/`}>{baseUrl}</a>
    </>
  )
}

export function sentBy(baseUrl: string): string {
  return `Sent by CronGuard at ${baseUrl}`
}
