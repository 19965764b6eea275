import { createServer, request } from 'node:http'
import { freePort } from './binary.ts'

/** Whether a proxy passes the path on as it came, or without the base path. */
export type Passing = 'whole' | 'stripped'

/** A real reverse proxy on a port of its own: it has one program below a base path, and answers 418 for the rest. */
export class Detour {
  readonly origin: string
  /** What was answered 400 or more: status and path. */
  readonly refused: string[] = []
  readonly #server: ReturnType<typeof createServer>

  private constructor(port: number, server: ReturnType<typeof createServer>) {
    this.origin = `http://127.0.0.1:${port}`
    this.#server = server
  }

  /** `findTarget`: the port of the program, once it has one. */
  static async open({ basePath, passing, findTarget }: Passage): Promise<Detour> {
    const server = createServer((asked, answer) => {
      const { url = '/', method, headers } = asked
      asked.on('error', () => answer.destroy())
      if (!url.startsWith(`${basePath}/`)) {
        detour.refused.push(`418 ${url}`)
        answer.writeHead(418).end()
        return
      }
      const forwarded = { ...headers, 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https' }
      const path = passing === 'whole' ? url : url.slice(basePath.length)
      const passed = request(
        { port: findTarget(), host: '127.0.0.1', method, path, headers: forwarded },
        (answered) => {
          const { statusCode = 502 } = answered
          if (statusCode >= 400) detour.refused.push(`${statusCode} ${url}`)
          answer.writeHead(statusCode, answered.headers)
          answered.pipe(answer)
        },
      )
      passed.on('error', () => answer.destroy())
      answer.on('close', () => passed.destroy())
      asked.pipe(passed)
    })
    const port = await freePort()
    const detour = new Detour(port, server)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return detour
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

interface Passage {
  /** Like "/cron". */
  basePath: string
  passing: Passing
  findTarget: () => number
}
