import { connect } from 'node:net'
import { listen } from '#http/listen.ts'
import type { RequestHandler } from '#http/server.ts'
import type { TestGuard } from './cronguard.ts'

export interface RawRequest {
  method: string
  path: string
  headers?: Record<string, string>
  body?: string
}

export interface RawAnswer {
  status: number
  headers: Headers
  body: string
}

/** A server that listens on 127.0.0.1 and a port of its own, for clients that are programs. */
export class Served {
  readonly port: number
  readonly #guard: TestGuard
  readonly #handler: RequestHandler
  #listener: ReturnType<typeof listen> | null = null

  /** `handler` can wrap the one of the guard. */
  constructor(guard: TestGuard, handler: RequestHandler = (request, peer) => guard.handler(request, peer)) {
    this.#guard = guard
    this.#handler = handler
    this.port = freePort()
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  open(): this {
    const { config, log } = this.#guard.deps
    this.#listener = listen({ config: { ...config, host: '127.0.0.1', port: this.port }, log }, this.#handler)
    return this
  }

  async close(): Promise<void> {
    await this.#listener?.stop(0)
  }

  /** Sends exactly this request, also what `fetch` would not send, without the headers that it would add. */
  async send({ method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
    const lines = Object.entries({ Host: `127.0.0.1:${this.port}`, Connection: 'close', ...headers })
    if (body !== undefined) lines.push(['Content-Length', String(Buffer.byteLength(body))])
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return readAnswer(await this.#exchange(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body ?? ''}`))
  }

  #exchange(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      const socket = connect(this.port, '127.0.0.1', () => socket.write(text))
      socket.on('data', (part: Buffer) => parts.push(part))
      socket.on('error', reject)
      socket.on('close', () => resolve(Buffer.concat(parts).toString()))
    })
  }
}

/** A handler of a guard whose disk refuses the first write only, and the statuses of its answers. */
export function refusingOnce(guard: TestGuard): { handler: RequestHandler; statuses: number[] } {
  const statuses: number[] = []
  guard.db.write((tx) => tx.runScript('PRAGMA query_only = ON'))
  const handler: RequestHandler = async (request, peer) => {
    const answer = await guard.handler(request, peer)
    statuses.push(answer.status)
    guard.db.get('PRAGMA query_only = OFF')
    return answer
  }
  return { handler, statuses }
}

function readAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Headers()
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim())
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) }
}

function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const { port } = probe
  probe.stop(true)
  if (port === undefined) throw new Error('No port is free')
  return port
}
