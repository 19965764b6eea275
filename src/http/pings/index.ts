// All dialects, and how the dialect of a ping is found.
import { NotFoundError } from 'elysia'
import { isPingable } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { allowBody, hasLongBody, PING_BODY_MAX, refuseBody } from '#http/body.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { type SplitUrl, splitUrl } from '#http/url.ts'
import { contentEncodingOf } from '#lib/compression.ts'
import { AppError } from '#lib/errors.ts'
import { cronitor } from './cronitor.ts'
import { deadMansSnitch } from './dead-mans-snitch.ts'
import { type Dialect, dialectOf, type IncomingPing, markAsPing } from './dialect.ts'
import { gatus } from './gatus.ts'
import { createGuesses, type Guesses } from './guesses.ts'
import { healthchecks } from './healthchecks.ts'
import { honeybadger } from './honeybadger.ts'
import { opsgenie } from './opsgenie.ts'
import { plainText, TEXT } from './report.ts'
import { sentry } from './sentry.ts'
import { uptimeKuma } from './uptime-kuma.ts'

type DialectName = keyof Deps['config']['dialects']

const OTHERS: Record<DialectName, Dialect> = {
  kuma: uptimeKuma,
  snitch: deadMansSnitch,
  cronitor,
  gatus,
  sentry,
  opsgenie,
  honeybadger,
}

/** The routes for pings in the enabled dialects. */
export function pingDialectRoutes(deps: Deps) {
  const routes = cookielessRoutes('pings', 'ping')
  const { enabledDialects, disabledNames } = splitDialects(deps.config)
  const guesses = createGuesses(deps)
  const logged = new Set<DialectName>()
  const logOff = (name: DialectName): void => {
    if (logged.has(name)) return
    logged.add(name)
    const setting = `CRONGUARD_DIALECT_${name.toUpperCase()}`
    deps.log.warn(`${OTHERS[name].name} pings are refused: set ${setting}=on to accept them`)
  }
  for (const route of new Set(enabledDialects.flatMap(({ routes }) => routes))) {
    const routeDialects = enabledDialects.filter(({ routes }) => routes.includes(route))
    routes.all(
      route,
      async ({ request }) => {
        const incoming = { request, routeDialects, enabledDialects, disabledNames, guesses, logOff }
        const response = await answerPing(deps, incoming).catch((error) => notFoundOrThrow(request, error))
        return await guesses.count(request, response)
      },
      { parse: 'none' },
    )
  }
  return routes
}

// A ping whose body was refused is a 404 and counts as an attempt, too.
function notFoundOrThrow(request: Request, error: unknown): Response {
  if (!(error instanceof AppError) || error.code !== 'not_found') throw error
  return dialectOf(request)?.refuse?.(404, error.message) ?? plainText(error.message, 404)
}

// Healthchecks comes last, because the others recognize their pings by parameters that Healthchecks doesn't use.
function splitDialects({ dialects }: Deps['config']): { enabledDialects: Dialect[]; disabledNames: DialectName[] } {
  const names = Object.keys(OTHERS) as DialectName[]
  const on = names.filter((name) => dialects[name])
  return {
    enabledDialects: [...on.map((name) => OTHERS[name]), healthchecks],
    disabledNames: names.filter((name) => !dialects[name]),
  }
}

interface RoutedPing {
  request: Request
  /** The dialects that share the route. */
  routeDialects: readonly Dialect[]
  enabledDialects: readonly Dialect[]
  disabledNames: readonly DialectName[]
  guesses: Guesses
  logOff(name: DialectName): void
}

/** Methods that are addressed to the server itself. */
const NO_PING = ['TRACE', 'CONNECT']
const PING_METHODS = ['GET', 'HEAD', 'POST', 'PUT']

// The path is taken from the raw URL, because decoded parameters would treat `%2f` like a slash.
async function answerPing(
  deps: Deps,
  { request, routeDialects, enabledDialects, disabledNames, guesses, logOff }: RoutedPing,
): Promise<Response> {
  const asked = splitUrl(request.url)
  const url = { ...asked, path: withSingleSlashes(asked.path) }
  const routed =
    url.path === asked.path ? routeDialects : enabledDialects.filter((dialect) => isRouted(dialect, url.path))
  const dialect = routed.find((candidate) => candidate.matchesRequest(url))
  if (dialect === undefined) throw new NotFoundError()
  markAsPing(request, dialect)
  if (request.method === 'OPTIONS') return preflight()
  if (NO_PING.includes(request.method)) return wrongMethod(dialect.methods ?? PING_METHODS)
  // Healthchecks ignores the query parameters of other dialects, so it would record a failure as a success.
  const meant = dialect === healthchecks ? disabledNames.find((name) => isMeant(OTHERS[name], url)) : undefined
  if (meant !== undefined) {
    logOff(meant)
    return plainText('not found', 404)
  }
  if (dialect.methods !== null && !dialect.methods.includes(request.method)) return wrongMethod(dialect.methods)
  const ping = { request, ...url }
  const refusal = dialect === healthchecks ? null : await guesses.refuse(request, dialect.addressOf(deps, ping))
  if (refusal !== null) return refusal
  if (hasLongBody(request) || isCompressed(request)) expectBody(deps, { dialect, ping })
  return await dialect.answer(deps, ping)
}

// Joining "https://example.org/" and "/ping/..." results in "//ping/...". Slashes at the end stay, because the part
// that should follow them is missing.
function withSingleSlashes(path: string): string {
  if (!path.includes('//')) return path
  const segments = path.split('/')
  const end = segments.findLastIndex((segment) => segment !== '') + 1
  const filled = segments.slice(0, end).filter((segment) => segment !== '')
  return ['', ...filled, ...segments.slice(end)].join('/')
}

function isRouted({ routes }: Dialect, path: string): boolean {
  return routes.some((route) => new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*')}/?$`).test(path))
}

// Long and compressed bodies are read only if the ping will be recorded. Compressed bodies are read one at a time, so
// strangers could otherwise delay the pings of others.
function expectBody(deps: Deps, { dialect, ping }: { dialect: Dialect; ping: IncomingPing }): void {
  const address = dialect.addressOf(deps, ping)
  if (address === null) return
  if (isPingable(deps, address)) allowBody(ping.request, PING_BODY_MAX)
  else refuseBody(ping.request)
}

function isCompressed({ headers }: Request): boolean {
  return contentEncodingOf(headers.get('content-encoding')) !== null
}

function isMeant({ ownQuery = [], matchesRequest }: Dialect, url: SplitUrl): boolean {
  return ownQuery.some((name) => url.query.has(name)) && matchesRequest(url)
}

// Allows browsers to ping from other sites. A preflight request isn't recorded.
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': [...PING_METHODS, 'OPTIONS'].join(', '),
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '600',
    },
  })
}

function wrongMethod(methods: readonly string[]): Response {
  return new Response('method not allowed', {
    status: 405,
    headers: { 'Content-Type': TEXT, Allow: [...methods, 'OPTIONS'].join(', ') },
  })
}
