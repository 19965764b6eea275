import type { Child } from '#jsx/jsx-runtime'
import { version } from '#package.json' with { type: 'json' }
import { ICON, STYLESHEET } from '#views/assets.ts'

interface DocumentProps {
  title: string
  children?: Child
}

/** The frame of every page. */
export function Document({ title, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" href={ICON.path} type="image/svg+xml" />
        <link rel="stylesheet" href={STYLESHEET.path} />
      </head>
      <body>
        <a class="skip-link" href="#main">
          Skip to the content
        </a>
        <header class="masthead">
          <img src={ICON.path} alt="" width="28" height="28" />
          <a class="masthead-name" href="/">
            CronGuard
          </a>
          <span class="masthead-version">{version}</span>
        </header>
        <main id="main" class="sheet">
          {children}
        </main>
      </body>
    </html>
  )
}
