// Exchanges one HTTP request and its answer with addresses that were checked, and keeps connections open for the next.
import type { LookupAddress } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { SECOND } from './duration.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers: Record<string, string>
  body: string | Uint8Array
}

export interface OutboundAnswer {
  kind: 'answer'
  status: number
  /** By lower-case name. Repeated headers are joined with a comma. */
  headers: Record<string, string>
  /** At most `ANSWER_MAX_BYTES` of it. */
  body: string
}

export const ANSWER_MAX_BYTES = 64 * 1024
/** Interim answers, like 103, before the final one. */
const INTERIM_ANSWERS_MAX = 10
/** Shorter than the idle timeouts of common servers, so that they rarely close a connection first. */
export const IDLE_MS = 4 * SECOND
/** Idle connections to one origin, and to all. */
const IDLE_PER_ORIGIN_MAX = 4
const IDLE_MAX = 64

export interface Exchange {
  request: HttpRequest
  url: URL
  /** The checked addresses of the host. Only they are connected to. */
  targets: LookupAddress[]
  deadline: AbortSignal
}

export interface Exchanger {
  exchange(exchange: Exchange): Promise<OutboundAnswer>
  /** Closes idle connections. */
  close(): void
}

export function createExchanger(): Exchanger {
  const plain = withPins(new HttpAgent(OPTIONS))
  const secure = withPins(new HttpsAgent(OPTIONS))
  return {
    exchange: async (exchange) => {
      try {
        return await attempt(exchange, exchange.url.protocol === 'https:' ? secure : plain)
      } catch (error) {
        if (!(error instanceof StaleConnectionError)) throw error
        return await attempt(exchange, false)
      }
    },
    close: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

const OPTIONS = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: IDLE_PER_ORIGIN_MAX }

type Agent = HttpAgent | HttpsAgent

/**
 * Makes an agent reuse a connection only for the same origin and the same checked addresses. When the answer of DNS
 * changes, a new connection goes to the new addresses.
 */
function withPins<Pinned extends Agent>(agent: Pinned): Pinned {
  const nameOf = agent.getName.bind(agent)
  const keepAlive = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean
  return Object.assign(agent, {
    getName: (options: Pins) => `${nameOf(options)}:${options.pins}`,
    keepSocketAlive: (socket: Duplex) => Object.values(agent.freeSockets).flat().length < IDLE_MAX && keepAlive(socket),
  })
}

interface Pins extends RequestOptions {
  pins?: string
}

/** The receiver closed a reused connection before it sent anything, as servers do with idle connections. */
class StaleConnectionError extends Error {}

function attempt({ request, url, targets, deadline }: Exchange, agent: Agent | false): Promise<OutboundAnswer> {
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  const options: Pins = {
    method: request.method,
    headers: { ...request.headers, 'Content-Length': String(body.length) },
    signal: deadline,
    agent,
    pins: targets
      .map(({ address }) => address)
      .sort()
      .join(),
    lookup: (_hostname, _options, done) => done(null, targets),
  }
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
    let readBefore = 0
    call.on('socket', ({ bytesRead }) => {
      readBefore = bytesRead
    })
    // Sending again is as safe as the next attempt of a delivery: receivers know it by its ID.
    call.on('error', (error) => {
      const isStale = call.reusedSocket && call.socket?.bytesRead === readBefore && !deadline.aborted
      reject(isStale ? new StaleConnectionError() : error)
    })
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
      // After a complete answer, the connection is kept.
      if (!response.complete) response.destroy()
      resolve(answerOf(response, Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES).toString('utf8')))
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
