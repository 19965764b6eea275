export interface SplitUrl {
  path: string
  query: URLSearchParams
}

const NO_QUERY = new URLSearchParams()

/**
 * The path and the query of a request as they came. `new URL` will not do: it throws for a `Host` header that is
 * nonsense, and a request without one has a URL that is only a path.
 */
export function splitUrl(url: string): SplitUrl {
  const start = pathStart(url)
  const queryStart = url.indexOf('?', start)
  if (queryStart === -1) return { path: url.slice(start), query: NO_QUERY }
  return { path: url.slice(start, queryStart), query: new URLSearchParams(url.slice(queryStart)) }
}

/** Where the path begins. */
export function pathStart(url: string): number {
  const scheme = url.indexOf('://')
  return scheme === -1 || url.startsWith('/') ? 0 : url.indexOf('/', scheme + 3)
}

/** The path and the query as they came. */
export function askedPath(url: string): string {
  return url.slice(pathStart(url))
}

const SOURCE = Symbol('source')

interface Moved extends Request {
  [SOURCE]?: Request
}

/**
 * The same request for another path; its body is that of `sourceOf`, because a copied body is read into memory at once
 * and whole. Its host is any: what was asked for may be none that a URL can have.
 */
export function withPath(request: Request, path: string): Request {
  const { method, headers } = request
  const moved: Moved = new Request(`http://any-host.localhost${path}`, { method, headers })
  moved[SOURCE] = sourceOf(request)
  return moved
}

/** The request as it came, which has the body. */
export function sourceOf(request: Moved): Request {
  return request[SOURCE] ?? request
}
