// The one way out over HTTP: an address that was looked up once and is kept, no redirects, no proxy, bounded in time
// and size.
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

// Where clouds keep their metadata and secrets; no channel has a reason to go there.
const LINK_LOCAL = new BlockList()
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4')
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6')
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6')

export function createOutbound(): Outbound {
  return { send }
}

async function send(request: OutboundRequest): Promise<OutboundResult> {
  const url = new URL(request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('Only http and https URLs can be called.')
  const deadline = AbortSignal.timeout(request.timeoutMs)
  try {
    const target = await withDeadline(resolve(url.hostname), deadline)
    if (LINK_LOCAL.check(target.address, target.family === 6 ? 'ipv6' : 'ipv4')) {
      return { kind: 'blocked', detail: 'Connections to link-local addresses are not allowed' }
    }
    return await withDeadline(exchange({ request, url, target, deadline }), deadline)
  } catch (error) {
    return deadline.aborted ? networkFailure('timeout') : networkFailureOf(error)
  }
}

interface Target {
  address: string
  family: number
}

async function resolve(hostname: string): Promise<Target> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(literal)
  return family === 0 ? await lookup(hostname) : { address: literal, family }
}

interface Exchange {
  request: OutboundRequest
  url: URL
  target: Target
  deadline: AbortSignal
}

function exchange({ request, url, target, deadline }: Exchange): Promise<OutboundAnswer> {
  const body = new TextEncoder().encode(request.body)
  const options: RequestOptions = {
    method: request.method,
    headers: { ...request.headers, 'Content-Length': String(body.length) },
    signal: deadline,
    // Without an agent of its own the request may take a pooled socket, which no look-up guards.
    agent: false,
    lookup: (_hostname, _options, done) => done(null, [target]),
  }
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
    call.on('error', reject)
    call.on('response', (response) => readAnswer(response).then(resolve, reject))
    // Who changes the protocol has answered, too; nobody else would close that socket.
    call.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ kind: 'answer', status: response.statusCode ?? 0, body: '' })
    })
    call.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<OutboundAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= ANSWER_MAX_BYTES) break
  }
  response.destroy()
  const body = Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES).toString('utf8')
  return { kind: 'answer', status: response.statusCode ?? 0, body }
}

function withDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true })
    work.then(resolve, reject)
  })
}
