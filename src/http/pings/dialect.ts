import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { SplitUrl } from '#http/url.ts'

export interface IncomingPing extends SplitUrl {
  request: Request
}

/** The ping API of a tool. */
export interface Dialect {
  /** The name for the log. */
  name: string
  /** Its routes, in the router's syntax. Several dialects may share a route. */
  routes: readonly string[]
  /** The accepted methods; null if all are. OPTIONS is never a ping. */
  methods: readonly string[] | null
  /** Query parameters that Healthchecks clients never send. */
  ownQuery?: readonly string[]
  /** Whether a request to one of the routes uses this dialect. */
  matchesRequest(url: SplitUrl): boolean
  /** The monitor that the URL and the headers name; null if only the body names it. Such bodies are short. */
  addressOf(deps: Deps, ping: IncomingPing): PingAddress | null
  answer(deps: Deps, ping: IncomingPing): Promise<Response>
  /** Its error responses; plain text if missing. */
  refuse?(status: number, text: string): Response
}

const DIALECT = Symbol('dialect')

interface Known extends Request {
  [DIALECT]?: Dialect
}

/** Marks a request as a ping, so that the error handler can respond in its dialect. */
export function markAsPing(request: Known, dialect: Dialect): void {
  request[DIALECT] = dialect
}

/** The dialect of a ping; null for other requests. */
export function dialectOf(request: Known): Dialect | null {
  return request[DIALECT] ?? null
}
