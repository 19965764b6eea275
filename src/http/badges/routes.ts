import type { Deps } from '#deps.ts'
import { openToPages } from '#http/cors.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { splitUrl } from '#http/url.ts'
import { readBadgeAddress } from './address.ts'
import { findBadge } from './badge.ts'
import { render } from './forms.ts'

/** Badges are public to anyone with the URL. They show a name and a status, as an image or as JSON. */
export function badgeRoutes(deps: Deps) {
  // The path is taken from the raw URL, because a tag in it is encoded twice.
  const answer = openToPages((request) => answerBadge(deps, splitUrl(request.url).path))
  return cookielessRoutes('badges', 'text')
    .all('/badge/*', answer, { parse: 'none' })
    .all('/b/*', answer, { parse: 'none' })
}

/** Any site may embed a badge, and no cache may keep an old status. */
const HEADERS = {
  'Cache-Control': 'max-age=0, no-cache, no-store, must-revalidate, private',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Content-Security-Policy': "default-src 'none'",
  'X-Content-Type-Options': 'nosniff',
}

async function answerBadge(deps: Deps, path: string): Promise<Response> {
  const address = readBadgeAddress(deps, path)
  const badge = address && deps.db.read(() => findBadge(deps, address))
  if (!badge) return reply('Badge not found.', { type: 'text/plain; charset=utf-8', status: 404 })
  const { body, type } = await render(badge, address.form)
  return reply(body, { type })
}

function reply(body: string, { type, status = 200 }: { type: string; status?: number }): Response {
  return new Response(body, { status, headers: { ...HEADERS, 'Content-Type': type } })
}
