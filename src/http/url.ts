export interface SplitUrl {
  path: string
  query: URLSearchParams
}

const NO_QUERY = new URLSearchParams()

/**
 * The raw path and query of a request. `new URL` can't parse all requests: it throws for an invalid `Host` header, and
 * the URL of a request without a `Host` header is only a path.
 */
export function splitUrl(url: string): SplitUrl {
  const start = pathStart(url)
  const queryStart = url.indexOf('?', start)
  if (queryStart === -1) return { path: url.slice(start), query: NO_QUERY }
  return { path: url.slice(start, queryStart), query: new URLSearchParams(url.slice(queryStart)) }
}

/** The index at which the path begins. */
export function pathStart(url: string): number {
  const scheme = url.indexOf('://')
  return scheme === -1 || url.startsWith('/') ? 0 : url.indexOf('/', scheme + 3)
}

/** The raw path and query. */
export function askedPath(url: string): string {
  return url.slice(pathStart(url))
}

const SOURCE = Symbol('source')

interface Moved extends Request {
  [SOURCE]?: Request
}

/**
 * The same request for another path. Read its body from `sourceOf`, because copying would load the whole body into
 * memory. The host is a placeholder, because the requested host may be invalid in a URL.
 */
export function withPath(request: Request, path: string): Request {
  const { method, headers } = request
  const moved: Moved = new Request(`http://any-host.localhost${path}`, { method, headers })
  moved[SOURCE] = sourceOf(request)
  return moved
}

/** The original request, which has the body. */
export function sourceOf(request: Moved): Request {
  return request[SOURCE] ?? request
}
