// The one way out over HTTP: addresses that are looked up once, checked and kept; no redirects, no proxy, bounded in
// time and size.
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
  /** For everything together: looking up, connecting, sending, reading the answer. */
  timeoutMs: number
  /** Whoever runs this CronGuard has set the URL, and no user: private networks are theirs to call. */
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
  /** A sentence for a person, that names no URL and no address that only a look-up tells. */
  detail: string
  /** Whether the URL itself holds the address. A name may lead elsewhere the next time. */
  isFinal: boolean
}

export type OutboundResult = OutboundAnswer | NetworkFailure | BlockedTarget

/** Never throws for what the other side or the network does: that is an answer or a failure. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>
}

export const ANSWER_MAX_BYTES = 64 * 1024
/** Interim answers, like 103, before the one that counts. */
const INTERIM_ANSWERS_MAX = 10

export interface OutboundOptions extends DestinationRules {
  /** All addresses of a host. Throws as `lookup` of `node:dns/promises` does; that it is by default. */
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
      // One that is refused is enough: a name that leads to good and bad addresses is a slip, or a trick.
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

/** Why no settings let this URL be called; null when some do, or when only a look-up can tell. */
export function refusalOf(url: URL): string | null {
  const literal = ipLiteralOf(url)
  const refusal = literal && checkAnyTarget(literal.address)
  return refusal && blocked(refusal, literal).detail
}

/** The address that the URL holds in place of a name; parsing has brought every notation into one. */
function ipLiteralOf({ hostname }: URL): LookupAddress | null {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(address)
  return family === 0 ? null : { address, family }
}

// All of them: a host that answers on one of its addresses alone is found like anywhere else.
function resolveAll(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true })
}

// To what a name leads is told to nobody: that would be a way to look around in a network of others.
function blocked({ what, advice }: Refusal, literal: LookupAddress | null): BlockedTarget {
  const subject = literal ? `${literal.address} is` : 'The host has'
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
    // Without an agent of its own the request may take a pooled socket, which no look-up guards.
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
      if (hints > INTERIM_ANSWERS_MAX) call.destroy(new Error('The answer never comes'))
    })
    // Who changes the protocol has answered, too; nobody else would close that socket.
    call.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ kind: 'answer', status: response.statusCode ?? 0, body: '' })
    })
    call.end(body)
  })
}

// The status is the answer. A body that breaks off, never ends or is endless only ends what is read of it: whoever said
// 200 has the message, and must not get it again.
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
