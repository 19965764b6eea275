import type { Markup } from '#jsx/jsx-runtime'
import type { Address } from '#lib/base-path.ts'
import { MINUTE } from '#lib/duration.ts'
import type { NoticeCode } from '#views/notices.ts'
import { clearedCookie, setCookie } from './cookies.ts'

/** Allows only our own scripts and styles, and no frames. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

export const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
} as const

export function page(document: Markup, status = 200): Response {
  return new Response(`<!doctype html>${document}`, { status, headers: PAGE_HEADERS })
}

/** An element that replaces the one with the same ID in a page. `address`: the URL for the browser's address bar. */
export function partial(element: Markup, { status = 200, address }: { status?: number; address?: Address } = {}) {
  const headers = address === undefined ? {} : { 'HX-Replace-Url': address }
  return new Response(element.toString(), { status, headers: { ...PAGE_HEADERS, ...headers } })
}

/** The response to a successful form: redirects to `address`, where the page shows the notice. */
export function redirect(address: Address, notice?: NoticeCode): Response {
  const headers = new Headers({ Location: address, 'Cache-Control': 'no-store' })
  if (notice !== undefined) {
    headers.append('Set-Cookie', setCookie({ name: NOTICE, value: notice, isSecure: false, maxAgeMs: MINUTE }))
  }
  return new Response(null, { status: 303, headers })
}

/** The cookie that keeps a notice during a redirect. It contains a code, not the text. */
export const NOTICE = 'cronguard-notice'

export function withCookies(response: Response, cookies: (string | null)[]): Response {
  for (const cookie of cookies) if (cookie !== null) response.headers.append('Set-Cookie', cookie)
  return response
}

export function clearNotice(response: Response): Response {
  return withCookies(response, [clearedCookie({ name: NOTICE, isSecure: false })])
}

/** Whether htmx requests a part of a page. A redirect would put another page into the middle of this one. */
export function wantsPartial(request: Request): boolean {
  return request.headers.has('HX-Request')
}
