import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { SplitUrl } from '#http/url.ts'

export interface IncomingPing extends SplitUrl {
  request: Request
}

/** One way in which jobs report. */
export interface Dialect {
  /** As the log has it. */
  name: string
  /** Where its pings arrive, as the router has it. Several dialects may share a route. */
  routes: readonly string[]
  /** Other methods are refused; null: there are none. OPTIONS never is a ping. */
  methods: readonly string[] | null
  /** What its query may say, and that of a Healthchecks client never does. */
  ownQuery?: readonly string[]
  /** Whether what arrives there is said in this dialect. */
  isSpoken(url: SplitUrl): boolean
  /** Which monitor it is for, as far as that is known without the body; null: it isn't, and bodies are short. */
  addressOf(deps: Deps, ping: IncomingPing): PingAddress | null
  answer(deps: Deps, ping: IncomingPing): Promise<Response>
  /** Its form of an error; without it, errors are plain text. */
  refuse?(status: number, text: string): Response
}

const DIALECT = Symbol('dialect')

interface Known extends Request {
  [DIALECT]?: Dialect
}

/** Remembers that a request is a ping, for whoever has to say that it went wrong. */
export function rememberDialect(request: Known, dialect: Dialect): void {
  request[DIALECT] = dialect
}

/** The dialect of a ping; null for every other request. */
export function dialectOf(request: Known): Dialect | null {
  return request[DIALECT] ?? null
}
