/** The methods that a path accepts; empty if there is no route, or the route accepts all methods. */
export type FindMethods = (path: string) => string[]

interface Route {
  method: string
  path: string
}

export function createMethodFinder(readRoutes: () => readonly Route[]): FindMethods {
  let known: { method: string; pattern: RegExp }[] | null = null
  return (path) => {
    known ??= readRoutes()
      .filter(({ method }) => /^[A-Z]+$/.test(method) && method !== 'ALL')
      .map((route) => ({ method: route.method, pattern: patternOf(route.path) }))
    const methods = new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
    // A route for GET also answers HEAD.
    return [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  }
}

// Like the router, this ignores a trailing slash.
function patternOf(route: string): RegExp {
  const segments = route
    .replace(/\/$/, '')
    .split('/')
    .map((segment) => {
      if (segment === '*') return '.*'
      return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    })
  return new RegExp(`^${segments.join('/')}/?$`)
}
