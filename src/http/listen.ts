// Listens on a port, and also on a unix socket if one is configured.
import type { Deps } from '#deps.ts'
import { allowGroup, removeAbandoned } from '#lib/unix-socket.ts'
import { PING_BODY_MAX } from './body.ts'
import { UNIX_SOCKET } from './peer.ts'
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts'
import type { RequestHandler } from './server.ts'

/**
 * The idle timeout of a connection. It must not equal a common ping interval: a connection that closes at the moment at
 * which the next ping is sent loses that ping.
 */
const IDLE_MAX_SECONDS = 130

export interface Listener {
  /** Refuses new connections and waits up to `graceMs` for current requests. */
  stop(graceMs: number): Promise<void>
}

/** Throws an error with code EADDRINUSE if another process uses the port. The port is never shared. */
export function listen({ config, log }: Pick<Deps, 'config' | 'log'>, handler: RequestHandler): Listener {
  const server = Bun.serve({
    ...settingsFor(log),
    hostname: config.host,
    port: config.port,
    reusePort: false,
    fetch: (request, self) => handler(request, self.requestIP(request)?.address ?? null),
  })
  return listenerOf(server)
}

/** Replaces the file that a killed process left behind. Throws `conflict` if another process listens there. */
export async function listenOnSocket(
  { log }: Pick<Deps, 'log'>,
  path: string,
  handler: RequestHandler,
): Promise<Listener> {
  await removeAbandoned(path)
  const settings = { ...settingsFor(log), unix: path, fetch: (request: Request) => handler(request, UNIX_SOCKET) }
  const server = Bun.serve(withIdleTimeout(settings))
  allowGroup(path)
  return listenerOf(server)
}

// Bun's types don't allow an idle timeout on a unix socket, but Bun uses one: 10 seconds by default.
function withIdleTimeout<Settings extends { idleTimeout: number }>(settings: Settings) {
  return settings as Omit<Settings, 'idleTimeout'>
}

function settingsFor(log: Deps['log']) {
  return {
    development: false,
    maxRequestBodySize: PING_BODY_MAX,
    idleTimeout: IDLE_MAX_SECONDS,
    error: (error: Error): Response => {
      const request = newRequestId()
      log.error('Could not answer a request', { request, error })
      return new Response('Unexpected error.', {
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
