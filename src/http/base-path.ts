// Support for a base path, as in https://example.com/cron: it is removed from requests before routing, and `url` adds
// it to addresses in responses.
import { AppError } from '#lib/errors.ts'
import { askedPath, withPath } from './url.ts'

type Handler = (request: Request, connected: string | null) => Response | Promise<Response>

/** A request handler below `basePath`, such as "/cron". Some proxies remove the base path and some keep it. */
export function belowBasePath(handler: Handler, basePath: string): Handler {
  return (request, connected) => handler(withoutBase(request, basePath), connected)
}

/**
 * Throws `invalid` for a base path at which CronGuard has pages, such as "/docs". Some proxies remove the base path, so
 * "/docs/api" could be the page "/docs/api" or the page "/api" below the base path.
 */
export function refuseTakenPath(basePath: string, routes: readonly { path: string }[]): void {
  const first = basePath.split('/')[1]
  if (!first || !routes.some(({ path }) => path.split('/')[1] === first)) return
  throw new AppError('invalid', `CRONGUARD_BASE_URL has the path ${basePath}, but CronGuard has pages at /${first}.`)
}

/** Removes the base path from a path with its query. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !isBelow(path, basePath)) return path
  const rest = path.slice(basePath.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

function isBelow(path: string, basePath: string): boolean {
  return path.startsWith(basePath) && /^(?:[/?]|$)/.test(path.slice(basePath.length))
}

function withoutBase(request: Request, basePath: string): Request {
  const asked = askedPath(request.url)
  // Extra slashes before it are kept. Only ping routes accept them.
  const extra = /^\/*(?=\/)/.exec(asked)?.[0] ?? ''
  const path = extra + withoutBasePath(asked.slice(extra.length), basePath)
  return path === asked ? request : withPath(request, path)
}
