// The one way out over HTTP: addresses that are looked up once and are kept, no redirects, no proxy, bounded in time
// and size.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'

export interface OutboundRequest {
  method: 'GET' | 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  body: string
  /** For everything together: looking up, connecting, sending, reading the answer. */
  timeoutMs: number
}

export interface OutboundAnswer {
  kind: 'answer'
  status: number
  /** At most `ANSWER_MAX_BYTES` of it. */
  body: string
}

export interface BlockedTarget {
  kind: 'blocked'
  detail: string
}

export type OutboundResult = OutboundAnswer | NetworkFailure | BlockedTarget

/** Never throws for what the other side or the network does: that is an answer or a failure. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>
}

export const ANSWER_MAX_BYTES = 64 * 1024
/** Interim answers, like 103, before the one that counts. */
const HINTS_MAX = 10

// Where clouds keep their metadata and secrets; no channel has a reason to go there.
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4')
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')
// The same addresses in the clothes of NAT64 and 6to4.
LINK_LOCAL.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
LINK_LOCAL.addSubnet('2002:a9fe::', 32, 'ipv6')

export function createOutbound(): Outbound {
  return { send }
}

async function send(request: OutboundRequest): Promise<OutboundResult> {
  const url = new URL(request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('Only http and https URLs can be called.')
  const deadline = AbortSignal.timeout(request.timeoutMs)
  try {
    const targets = await withDeadline(resolve(url.hostname), deadline)
    if (targets.some(isLinkLocal)) {
      return { kind: 'blocked', detail: 'Connections to link-local addresses are not allowed' }
    }
    return await exchange({ request, url, targets, deadline })
  } catch (error) {
    return deadline.aborted ? networkFailure('timeout') : networkFailureOf(error)
  }
}

// All of them: a host that answers on one of its addresses alone is found like anywhere else.
async function resolve(hostname: string): Promise<LookupAddress[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(literal)
  return family === 0 ? await lookup(hostname, { all: true }) : [{ address: literal, family }]
}

function isLinkLocal({ address, family }: LookupAddress): boolean {
  return LINK_LOCAL.check(address, family === 6 ? 'ipv6' : 'ipv4')
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
      if (hints > HINTS_MAX) call.destroy(new Error('The answer never comes'))
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
