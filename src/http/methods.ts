/** The methods that a path takes; empty when nothing is there, or what is there takes every method. */
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
    // What can be read is answered without its content, too.
    return [...methods].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  }
}

// As the router reads them: a last slash more or less is the same.
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
