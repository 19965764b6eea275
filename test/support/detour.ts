import { createServer, request } from 'node:http'
import { freePort } from './binary.ts'

/** Whether a proxy passes the path on unchanged, or without the base path. */
export type Passing = 'whole' | 'stripped'

/** A real reverse proxy with one program below a base path. It answers 418 for other paths. */
export class Detour {
  readonly origin: string
  /** Status and path of each answer of 400 or more. */
  readonly refused: string[] = []
  readonly #server: ReturnType<typeof createServer>

  private constructor(port: number, server: ReturnType<typeof createServer>) {
    this.origin = `http://127.0.0.1:${port}`
    this.#server = server
  }

  /** `findTarget` returns the port of the program. */
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
