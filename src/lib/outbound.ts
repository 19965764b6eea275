// The only way to open connections to hosts that users name. It resolves a host once, checks the addresses and connects
// to exactly those. HTTP requests follow no redirects, use no proxy, and are limited in time and size.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import { createDestinationCheck, type DestinationRules, type Refusal } from './destinations.ts'
import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'
import { createExchanger, type HttpRequest, type OutboundAnswer } from './outbound-http.ts'
import { connectToAny } from './outbound-socket.ts'

export interface OutboundRequest extends HttpRequest {
  /** The limit for the whole exchange: DNS, connecting, sending and reading the answer. */
  timeoutMs: number
  /** Whether the server's operator configured the URL, not a user: it may be in a private network then. */
  isSetByOperator?: boolean
}

/** A connection of another protocol than HTTP. */
export interface OutboundConnection {
  /** A host name or an IP address. */
  host: string
  port: number
  isTls: boolean
  /** The limit for DNS, connecting and the TLS handshake. */
  timeoutMs: number
  isSetByOperator?: boolean
}

export interface Connected {
  kind: 'connected'
  /** Ready to write. The caller handles its errors, limits what it reads, and destroys it. */
  socket: Socket
}

export interface BlockedTarget {
  kind: 'blocked'
  /** A sentence for people. It does not reveal the URL or the addresses that DNS returned. */
  detail: string
  /** Whether the URL contains the address itself. A host name may resolve differently the next time. */
  isFinal: boolean
}

export type { OutboundAnswer }

export type OutboundResult = OutboundAnswer | NetworkFailure | BlockedTarget
export type ConnectionResult = Connected | NetworkFailure | BlockedTarget

/** Never throws for what the receiver or the network does: that is an answer or a failure. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>
  connect(connection: OutboundConnection): Promise<ConnectionResult>
  /** Closes idle connections. */
  close(): void
}

export interface OutboundOptions extends DestinationRules {
  /** Returns all addresses of a host. By default it is `lookup` of `node:dns/promises`. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>
}

export function createOutbound({ resolve = resolveAll, ...rules }: OutboundOptions): Outbound {
  const checkUsers = createDestinationCheck(rules)
  const checkOperators = createDestinationCheck({ ...rules, allowsPrivate: true })
  const exchanger = createExchanger()

  /** Calls `use` with the checked addresses of a host. */
  const withTargets = async <T>(
    { hostname, timeoutMs, isSetByOperator }: Target,
    use: (targets: LookupAddress[], deadline: AbortSignal) => Promise<T>,
  ): Promise<T | NetworkFailure | BlockedTarget> => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error('timed out')), timeoutMs)
    const deadline = late.signal
    const check = isSetByOperator ? checkOperators : checkUsers
    try {
      const literal = ipLiteralOf(hostname)
      const targets = literal ? [literal] : await withDeadline(resolve(hostname), deadline)
      if (targets.length === 0) return networkFailure('dns')
      // One refused address is enough: a name with good and bad addresses is a mistake or an attack.
      const refusal = targets.map(({ address }) => check(address)).find((found) => found !== null)
      if (refusal) return blocked(refusal, literal)
      return await use(targets, deadline)
    } catch (error) {
      return deadline.aborted ? networkFailure('timeout') : networkFailureOf(error)
    } finally {
      clearTimeout(timer)
    }
  }

  const send = async (request: OutboundRequest): Promise<OutboundResult> => {
    const url = new URL(request.url)
    if (!/^https?:$/.test(url.protocol)) throw new Error('Only http and https URLs can be called.')
    return await withTargets({ ...request, hostname: url.hostname }, (targets, deadline) =>
      exchanger.exchange({ request, url, targets, deadline }),
    )
  }
  const connect = (connection: OutboundConnection): Promise<ConnectionResult> =>
    withTargets({ ...connection, hostname: connection.host }, async (targets, deadline) => ({
      kind: 'connected',
      socket: await connectToAny({ ...connection, targets, deadline }),
    }))
  return { send, connect, close: exchanger.close }
}

interface Target {
  hostname: string
  timeoutMs: number
  isSetByOperator?: boolean
}

const checkAnyTarget = createDestinationCheck({ allowsPrivate: true, allow: [], privateAdvice: '' })

/** Why this URL is refused under any settings. Null if some settings allow it, or if it depends on DNS. */
export function refusalOf(url: URL): string | null {
  const literal = ipLiteralOf(url.hostname)
  const refusal = literal && checkAnyTarget(literal.address)
  return refusal && blocked(refusal, literal).detail
}

/** The IP address, or null for a host name. URL parsing has already normalized all notations. */
function ipLiteralOf(hostname: string): LookupAddress | null {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(address)
  return family === 0 ? null : { address, family }
}

// Returns all addresses, because a host may answer on only one of them.
function resolveAll(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true })
}

// The message does not reveal what a name resolves to, because users could map the operator's network with it.
function blocked({ what, advice }: Refusal, literal: LookupAddress | null): BlockedTarget {
  const subject = literal ? `${literal.address} is` : 'The host resolves to'
  return { kind: 'blocked', detail: `${subject} ${what}. ${advice}`, isFinal: literal !== null }
}

function withDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    work.then(resolve, reject)
  })
}
