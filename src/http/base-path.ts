// CronGuard below a path of someone else's host, like https://example.com/cron: requests lose that path at the door, so
// that routes are written without it. Addresses in answers get it from `url`.
import { AppError } from '#lib/errors.ts'
import { askedPath, withPath } from './url.ts'

type Door = (request: Request, connected: string | null) => Response | Promise<Response>

/** A front door below `basePath`, like "/cron"; some proxies take that off, and some leave it. */
export function belowBasePath(handler: Door, basePath: string): Door {
  return (request, connected) => handler(inward(request, basePath), connected)
}

/**
 * Throws invalid for a base path like "/docs", at which CronGuard has pages. Some proxies take the base path off: what
 * is "/docs/api" then could be the page "/docs/api" or the page "/api" below the base path.
 */
export function refuseTakenPath(basePath: string, routes: readonly { path: string }[]): void {
  const first = basePath.split('/')[1]
  if (!first || !routes.some(({ path }) => path.split('/')[1] === first)) return
  throw new AppError('invalid', `CRONGUARD_BASE_URL has the path ${basePath}, but CronGuard has pages at /${first}.`)
}

/** A path and its query as they are inside. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !isBelow(path, basePath)) return path
  const rest = path.slice(basePath.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

function isBelow(path: string, basePath: string): boolean {
  return path.startsWith(basePath) && /^(?:[/?]|$)/.test(path.slice(basePath.length))
}

function inward(request: Request, basePath: string): Request {
  const asked = askedPath(request.url)
  // Slashes too many before it stay, and only pings are understood with them.
  const extra = /^\/*(?=\/)/.exec(asked)?.[0] ?? ''
  const path = extra + withoutBasePath(asked.slice(extra.length), basePath)
  return path === asked ? request : withPath(request, path)
}
