import type { Deps } from '#deps.ts'
import { AppError } from '#lib/errors.ts'
import { withoutBasePath } from './base-path.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Prevents cross-site request forgery: throws `forbidden` for a form that another site sends. Browsers name the site in
 * Sec-Fetch-Site or, on plain http, in Origin. A request with neither header doesn't come from a browser, so it can't
 * misuse a user's cookies.
 */
export function refuseForeignForm({ config: { baseUrl } }: Pick<Deps, 'config'>, request: Request): void {
  if (SAFE_METHODS.includes(request.method)) return
  const site = request.headers.get('sec-fetch-site')
  const origin = request.headers.get('origin')
  const isOwn = site === null ? origin === null || isOwnOrigin({ origin, baseUrl, request }) : isOwnSite(site)
  if (!isOwn) throw new AppError('forbidden', 'This form was sent from another site. Open CronGuard and try again.')
}

function isOwnSite(site: string): boolean {
  return site === 'same-origin' || site === 'none'
}

function isOwnOrigin({ origin, baseUrl, request }: { origin: string; baseUrl: string; request: Request }): boolean {
  if (origin === new URL(baseUrl).origin) return true
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('host')
}

/** The path and query of the page from which a form was sent; null if it isn't one of our pages. */
export function refererOf({ config: { baseUrl, basePath } }: Pick<Deps, 'config'>, request: Request): string | null {
  const referer = request.headers.get('referer') ?? ''
  if (!URL.canParse(referer)) return null
  const { origin, pathname, search } = new URL(referer)
  return isOwnOrigin({ origin, baseUrl, request }) ? withoutBasePath(pathname + search, basePath) : null
}
