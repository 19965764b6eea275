import type { Deps } from '#deps.ts'
import { AppError } from '#lib/errors.ts'
import { withoutBasePath } from './base-path.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * A form that another site sends on behalf of somebody who is signed in here is refused. Browsers say where a request
 * comes from in Sec-Fetch-Site; on plain http, where they leave that out, in Origin. A request with neither comes from
 * no browser, and from nobody's cookies. Throws forbidden.
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

/** The path and query of the page that a form was sent from, when that page is one of ours. */
export function refererOf({ config: { baseUrl, basePath } }: Pick<Deps, 'config'>, request: Request): string | null {
  const referer = request.headers.get('referer') ?? ''
  if (!URL.canParse(referer)) return null
  const { origin, pathname, search } = new URL(referer)
  return isOwnOrigin({ origin, baseUrl, request }) ? withoutBasePath(pathname + search, basePath) : null
}
