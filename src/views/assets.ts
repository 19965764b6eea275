import css from '#assets/app.css' with { type: 'text' }
import icon from '#assets/favicon.svg' with { type: 'text' }
import { sha256Hex } from '#lib/tokens.ts'

export interface Asset {
  /** Changes with the content, so that a browser may keep it for ever. */
  path: string
  contentType: string
  content: string
}

export const STYLESHEET = asset({ name: 'app', extension: 'css', contentType: 'text/css; charset=utf-8', content: css })
export const ICON = asset({ name: 'favicon', extension: 'svg', contentType: 'image/svg+xml', content: icon })

export const ASSETS: readonly Asset[] = [STYLESHEET, ICON]

interface Source {
  name: string
  extension: string
  contentType: string
  content: string
}

function asset({ name, extension, contentType, content }: Source): Asset {
  return { path: `/assets/${name}.${sha256Hex(content).slice(0, 12)}.${extension}`, contentType, content }
}
