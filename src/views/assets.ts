import latinExt from '@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2' with { type: 'file' }
import latin from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2' with { type: 'file' }
import htmxSse from 'htmx.org/dist/ext/hx-sse.min.js' with { type: 'text' }
import htmx from 'htmx.org/dist/htmx.min.js' with { type: 'text' }
import appJs from '#assets/app.js' with { type: 'text' }
import commonPasswords from '#assets/common-passwords.txt' with { type: 'text' }
import icon from '#assets/favicon.svg' with { type: 'text' }
import iconDown from '#assets/favicon-down.svg' with { type: 'text' }
import icon192 from '#assets/icon-192.png' with { type: 'file' }
import icon512 from '#assets/icon-512.png' with { type: 'file' }
import liveJs from '#assets/live.js' with { type: 'text' }
import passwordJs from '#assets/password.js' with { type: 'text' }
import pushJs from '#assets/push.js' with { type: 'text' }
import pushWorker from '#assets/push-worker.js' with { type: 'text' }
import { readEmbedded } from '#lib/embedded.ts'
import { sha256Hex } from '#lib/tokens.ts'
import { STYLES } from './styles.ts'

export interface Asset {
  /** Contains a hash of the content, so that browsers may cache it forever. */
  path: string
  contentType: string
  content: string | Uint8Array<ArrayBuffer>
}

const CSS = 'text/css; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'
const SVG = 'image/svg+xml'
const WOFF2 = 'font/woff2'
const PNG = 'image/png'

export const FONT = asset({ name: 'inter', extension: 'woff2', contentType: WOFF2, content: readEmbedded(latin) })
const FONT_EXT = asset({ name: 'inter-ext', extension: 'woff2', contentType: WOFF2, content: readEmbedded(latinExt) })

export const STYLESHEET = asset({
  name: 'app',
  extension: 'css',
  contentType: CSS,
  content: `${fontFaces()}\n${STYLES}`,
})
export const ICON = asset({ name: 'favicon', extension: 'svg', contentType: SVG, content: icon })
export const ICON_DOWN = asset({ name: 'favicon-down', extension: 'svg', contentType: SVG, content: iconDown })

export const ICON_192 = asset({ name: 'icon-192', extension: 'png', contentType: PNG, content: readEmbedded(icon192) })
export const ICON_512 = asset({ name: 'icon-512', extension: 'png', contentType: PNG, content: readEmbedded(icon512) })

/** The service worker, which needs an address that stays the same. */
export const PUSH_WORKER = pushWorker

export const COMMON_PASSWORDS = asset({
  name: 'common-passwords',
  extension: 'txt',
  contentType: 'text/plain; charset=utf-8',
  content: commonPasswords,
})

/** In the order in which they are needed. */
export const SCRIPTS: readonly Asset[] = [
  asset({ name: 'htmx', extension: 'js', contentType: JS, content: htmx }),
  asset({ name: 'sse', extension: 'js', contentType: JS, content: htmxSse }),
  asset({ name: 'app', extension: 'js', contentType: JS, content: appJs }),
  asset({ name: 'live', extension: 'js', contentType: JS, content: liveJs }),
  asset({ name: 'password', extension: 'js', contentType: JS, content: passwordJs }),
  asset({ name: 'push', extension: 'js', contentType: JS, content: pushJs }),
]

export const ASSETS: readonly Asset[] = [
  FONT,
  FONT_EXT,
  STYLESHEET,
  ICON,
  ICON_DOWN,
  ICON_192,
  ICON_512,
  COMMON_PASSWORDS,
  ...SCRIPTS,
]

interface Source {
  name: string
  extension: string
  contentType: string
  content: string | Uint8Array<ArrayBuffer>
}

function asset({ name, extension, contentType, content }: Source): Asset {
  return { path: `/assets/${name}.${sha256Hex(content).slice(0, 12)}.${extension}`, contentType, content }
}

// The ranges are those of the font files: a browser loads the second one only for names that need it. It looks for them
// beside the stylesheet, which may be under a path of another host.
function fontFaces(): string {
  const face = ({ path }: Asset, range: string): string =>
    `@font-face{font-family:"Inter";font-style:normal;font-weight:100 900;font-display:swap;` +
    `src:url("${path.slice(path.lastIndexOf('/') + 1)}") format("woff2");unicode-range:${range}}`
  const basic =
    'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,' +
    'U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD'
  const extended =
    'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,' +
    'U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF'
  return [face(FONT, basic), face(FONT_EXT, extended)].join('\n')
}
