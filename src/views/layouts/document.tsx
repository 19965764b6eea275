import type { Theme } from '#domain/account.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { FONT, ICON, ICON_192, ICON_DOWN, SCRIPTS, STYLESHEET } from '#views/assets.ts'

interface DocumentProps {
  title: string
  theme?: Theme
  children?: Child
}

/** Error responses don't replace parts of a page. Updates keep what the user opened or closed. */
const HTMX_CONFIG = JSON.stringify({
  noSwap: [204, 304, '4xx', '5xx'],
  morphIgnore: ['data-htmx-powered', 'open'],
  sse: { reconnectDelay: 1000, reconnectMaxDelay: 30_000 },
})

/** The HTML document around each page. */
export function Document({ title, theme = 'system', children }: DocumentProps) {
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content={theme === 'system' ? 'light dark' : theme} />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{title}</title>
        <link rel="icon" id="favicon" href={url(ICON.path)} data-down={url(ICON_DOWN.path)} type="image/svg+xml" />
        <link rel="manifest" href={url('/manifest.webmanifest')} />
        <link rel="apple-touch-icon" href={url(ICON_192.path)} />
        <link rel="preload" href={url(FONT.path)} as="font" type="font/woff2" crossorigin="anonymous" />
        <link rel="stylesheet" href={url(STYLESHEET.path)} />
        {SCRIPTS.map(({ path }) => (
          <script src={url(path)} defer />
        ))}
      </head>
      <body>
        <a class="skip-link" href="#main">
          Skip to content
        </a>
        {children}
      </body>
    </html>
  )
}
