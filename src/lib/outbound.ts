// The only way to send HTTP requests. It resolves a host once, checks the addresses and connects to exactly those. It
// follows no redirects, uses no proxy, and limits time and size.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { createDestinationCheck, type DestinationRules, type Refusal } from './destinations.ts'
import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'

export interface OutboundRequest {
  method: 'GET' | 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  body: string
  /** The limit for the whole exchange: DNS, connecting, sending and reading the answer. */
  timeoutMs: number
  /** Whether the server's operator configured the URL, not a user: it may be in a private network then. */
  isSetByOperator?: boolean
}

export interface OutboundAnswer {
  kind: 'answer'
  status: number
  /** At most `ANSWER_MAX_BYTES` of it. */
  body: string
}

export interface BlockedTarget {
  kind: 'blocked'
  /** A sentence for people. It does not reveal the URL or the addresses that DNS returned. */
  detail: string
  /** Whether the URL contains the address itself. A host name may resolve differently the next time. */
  isFinal: boolean
}

export type OutboundResult = OutboundAnswer | NetworkFailure | BlockedTarget

/** Never throws for what the receiver or the network does: that is an answer or a failure. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>
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

  const send = async (request: OutboundRequest): Promise<OutboundResult> => {
    const url = new URL(request.url)
    if (!/^https?:$/.test(url.protocol)) throw new Error('Only http and https URLs can be called.')
    const deadline = AbortSignal.timeout(request.timeoutMs)
    const check = request.isSetByOperator ? checkOperators : checkUsers
    try {
      const literal = ipLiteralOf(url)
      const targets = literal ? [literal] : await withDeadline(resolve(url.hostname), deadline)
      if (targets.length === 0) return networkFailure('dns')
      // One refused address is enough: a name with good and bad addresses is a mistake or an attack.
      const refusal = targets.map(({ address }) => check(address)).find((found) => found !== null)
      if (refusal) return blocked(refusal, literal)
      return await exchange({ request, url, targets, deadline })
    } catch (error) {
      return deadline.aborted ? networkFailure('timeout') : networkFailureOf(error)
    }
  }
  return { send }
}

const checkAnyTarget = createDestinationCheck({ allowsPrivate: true, allow: [], privateAdvice: '' })

/** Why this URL is refused under any settings. Null if some settings allow it, or if it depends on DNS. */
export function refusalOf(url: URL): string | null {
  const literal = ipLiteralOf(url)
  const refusal = literal && checkAnyTarget(literal.address)
  return refusal && blocked(refusal, literal).detail
}

/** The IP address in the URL, if it has no host name. URL parsing has already normalized all notations. */
function ipLiteralOf({ hostname }: URL): LookupAddress | null {
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
  const body = new TextEncoder().encode(request.body)
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
      resolve({ kind: 'answer', status: response.statusCode ?? 0, body: '' })
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
      resolve({ kind: 'answer', status: response.statusCode ?? 0, body })
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

function withDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    work.then(resolve, reject)
  })
}
