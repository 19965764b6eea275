import { type Child, raw } from '#jsx/jsx-runtime'

const BODY =
  'margin: 0; padding: 16px; background-color: #ffffff; color: #132022; ' +
  "font: 15px/1.5 system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

/** For facts that matter less than the sentences. */
export const SOFT_COLOR = '#46565a'

// Without these, a program in dark mode shows dark letters on its own dark ground.
const DARK = `<style>:root { color-scheme: light dark; supported-color-schemes: light dark }
@media (prefers-color-scheme: dark) {
  body { background-color: #0f1517 !important; color: #e8eeee !important }
  .soft { color: #b0bec2 !important }
  a { color: #62cdbd !important }
  a.button { color: #06211e !important; background-color: #62cdbd !important }
}</style>`

/** The document of an email. Many mail programs drop the style sheet, so each element also carries its own style. */
export function MailDocument({ title, children }: { title: string; children?: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{title}</title>
        {raw(DARK)}
      </head>
      <body style={BODY}>
        <div style="max-width: 600px; margin: 0 auto">{children}</div>
      </body>
    </html>
  )
}

/** A link to the one thing to do. */
export function MailButton({ url, label }: { url: string; label: string }) {
  const shape = 'display: inline-block; padding: 10px 16px; border-radius: 6px; text-decoration: none; font-weight: 600'
  return (
    <p style="margin: 16px 0">
      <a href={url} class="button" style={`${shape}; background-color: #0b6a60; color: #ffffff`}>
        {label}
      </a>
    </p>
  )
}
