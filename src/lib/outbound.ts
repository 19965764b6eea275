// The only way to open connections to hosts that users name. It resolves a host once, checks the addresses and connects
// to exactly those. HTTP requests follow no redirects, use no proxy, and are limited in time and size.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { createDestinationCheck, type DestinationRules, type Refusal } from './destinations.ts'
import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'

export interface OutboundRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers: Record<string, string>
  body: string | Uint8Array
  /** The limit for the whole exchange: DNS, connecting, sending and reading the answer. */
  timeoutMs: number
  /** Whether the server's operator configured the URL, not a user: it may be in a private network then. */
  isSetByOperator?: boolean
}

export interface OutboundAnswer {
  kind: 'answer'
  status: number
  /** By lower-case name. Repeated headers are joined with a comma. */
  headers: Record<string, string>
  /** At most `ANSWER_MAX_BYTES` of it. */
  body: string
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

export type OutboundResult = OutboundAnswer | NetworkFailure | BlockedTarget
export type ConnectionResult = Connected | NetworkFailure | BlockedTarget

/** Never throws for what the receiver or the network does: that is an answer or a failure. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>
  connect(connection: OutboundConnection): Promise<ConnectionResult>
}

export const ANSWER_MAX_BYTES = 64 * 1024
/** Interim answers, like 103, before the final one. */
const INTERIM_ANSWERS_MAX = 10

export interface OutboundOptions extends DestinationRules {
  /** Returns all addresses of a host. By default it is `lookup` of `node:dns/promises`. */
  resolve?: (hostname: string) => Promise<LookupAddress[]>
}

export function createOutbound({ resolve = resolveAll, ...rules }: OutboundOptions): Outbound {
  const checkUsers = createDestinationCheck(rules)
  const checkOperators = createDestinationCheck({ ...rules, allowsPrivate: true })

  /** Calls `use` with the checked addresses of a host. */
  const withTargets = async <T>(
    { hostname, timeoutMs, isSetByOperator }: Target,
    use: (targets: LookupAddress[], deadline: AbortSignal) => Promise<T>,
  ): Promise<T | NetworkFailure | BlockedTarget> => {
    const deadline = AbortSignal.timeout(timeoutMs)
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
    }
  }

  const send = async (request: OutboundRequest): Promise<OutboundResult> => {
    const url = new URL(request.url)
    if (!/^https?:$/.test(url.protocol)) throw new Error('Only http and https URLs can be called.')
    return await withTargets({ ...request, hostname: url.hostname }, (targets, deadline) =>
      exchange({ request, url, targets, deadline }),
    )
  }
  const connect = (connection: OutboundConnection): Promise<ConnectionResult> =>
    withTargets({ ...connection, hostname: connection.host }, (targets, deadline) =>
      connectToAny({ connection, targets, deadline }),
    )
  return { send, connect }
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

interface Exchange {
  request: OutboundRequest
  url: URL
  targets: LookupAddress[]
  deadline: AbortSignal
}

function exchange({ request, url, targets, deadline }: Exchange): Promise<OutboundAnswer> {
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  const options: RequestOptions = {
    method: request.method,
    headers: { ...request.headers, 'Content-Length': String(body.length) },
    signal: deadline,
    // The default agent may reuse a pooled socket, which skips the address check.
    agent: false,
    lookup: (_hostname, _options, done) => done(null, targets),
  }
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
    call.on('error', reject)
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    call.on('response', (response) => resolve(readAnswer(response, deadline)))
    let hints = 0
    call.on('information', () => {
      hints += 1
      if (hints > INTERIM_ANSWERS_MAX) call.destroy(new Error('No response'))
    })
    // An upgrade is an answer, too. Nothing else would close this socket.
    call.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(answerOf(response, ''))
    })
    call.end(body)
  })
}

// The status decides. When the body breaks off or never ends, the exchange still counts as answered: a receiver that
// said 200 has the message and must not get it again.
function readAnswer(response: IncomingMessage, deadline: AbortSignal): Promise<OutboundAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    const finish = (): void => {
      response.destroy()
      const body = Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES).toString('utf8')
      resolve(answerOf(response, body))
    }
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= ANSWER_MAX_BYTES) finish()
    })
    for (const end of ['end', 'close', 'error', 'aborted']) response.on(end, finish)
    deadline.addEventListener('abort', finish, { once: true })
  })
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: string): OutboundAnswer {
  const texts = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')])
  return { kind: 'answer', status: statusCode, headers: Object.fromEntries(texts), body }
}

interface Connecting {
  connection: OutboundConnection
  targets: LookupAddress[]
  deadline: AbortSignal
}

/** Tries the addresses in turn, because a host may answer on only one of them. Each gets its share of the time. */
async function connectToAny({ connection, targets, deadline }: Connecting): Promise<Connected> {
  const shareMs = Math.ceil(connection.timeoutMs / targets.length)
  let problem: unknown
  for (const { address } of targets) {
    try {
      const share = AbortSignal.any([deadline, AbortSignal.timeout(shareMs)])
      return { kind: 'connected', socket: await connectTo(address, connection, share) }
    } catch (error) {
      problem = error
      if (deadline.aborted) break
    }
  }
  throw problem
}

function connectTo(address: string, { host, port, isTls }: OutboundConnection, signal: AbortSignal): Promise<Socket> {
  const target = { host: address, port }
  // TLS checks the certificate against `servername` if there is one, otherwise against the address.
  const socket = isTls ? tlsConnect(isIP(host) === 0 ? { ...target, servername: host } : target) : tcpConnect(target)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

function withDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    work.then(resolve, reject)
  })
}
