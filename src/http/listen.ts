// Where CronGuard listens: on a port, and on a unix socket besides.
import type { Deps } from '#deps.ts'
import { allowGroup, removeAbandoned } from '#lib/unix-socket.ts'
import { UNIX_SOCKET } from './peer.ts'
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts'
import type { Front } from './server.ts'

/** A longer one is refused with 413 before anybody reads it. */
const REQUEST_BODY_MAX = 16 * 1024 * 1024

/** So long may a request, or a job that posts its output, say nothing. */
const IDLE_MAX_SECONDS = 60

export interface Listener {
  /** No new connections; what is under way may end, for as long as `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** Throws with code EADDRINUSE when somebody else listens there: the port is never shared with another process. */
export function listen({ config, log }: Pick<Deps, 'config' | 'log'>, front: Front): Listener {
  const server = Bun.serve({
    ...settingsFor(log),
    hostname: config.host,
    port: config.port,
    reusePort: false,
    idleTimeout: IDLE_MAX_SECONDS,
    fetch: (request, self) => front(request, self.requestIP(request)?.address ?? null),
  })
  return listenerOf(server)
}

/** The file that a killed process left behind gives way. Throws conflict when somebody else listens there. */
export async function listenOnSocket({ log }: Pick<Deps, 'log'>, path: string, front: Front): Promise<Listener> {
  await removeAbandoned(path)
  const server = Bun.serve({
    ...settingsFor(log),
    unix: path,
    fetch: (request) => front(request, UNIX_SOCKET),
  })
  allowGroup(path)
  return listenerOf(server)
}

function settingsFor(log: Deps['log']) {
  return {
    development: false,
    maxRequestBodySize: REQUEST_BODY_MAX,
    error: (error: Error): Response => {
      const request = newRequestId()
      log.error('A request could not even be refused', { request, error })
      return new Response('Something went wrong that should not.', {
        status: 500,
        headers: { [REQUEST_ID_HEADER]: request },
      })
    },
  }
}

function listenerOf(server: Pick<Bun.Server<unknown>, 'stop'>): Listener {
  return {
    stop: async (graceMs) => {
      const ended = server.stop()
      await Promise.race([ended, Bun.sleep(graceMs)])
      await server.stop(true)
    },
  }
}
