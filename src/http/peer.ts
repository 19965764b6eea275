// Who is at the other end: of the connection, or of the proxies that are trusted to say for whom they ask.
import type { Deps } from '#deps.ts'
import { addressMatcher, isLoopback, readAddress } from '#lib/addresses.ts'

export interface Peer {
  /** Null where there is none. */
  address: string | null
  scheme: 'http' | 'https'
  /** Whether a proxy that is trusted asks for them. */
  isProxied: boolean
}

/** Stands for the address of a connection over a unix socket, which has none. */
export const UNIX_SOCKET = 'unix:'

const PEER = Symbol('peer')
const NOBODY: Peer = { address: null, scheme: 'http', isProxied: false }

// A property of the request itself: a WeakMap beside it costs more than all the rest of answering.
interface Known extends Request {
  [PEER]?: Peer
}

/** Remembers who is at the other end of a request. */
export function rememberPeer(request: Known, peer: Peer): void {
  request[PEER] = peer
}

/** The address of the visitor; null where there is none, as on a unix socket without a proxy. */
export function peerOf(request: Known): string | null {
  return (request[PEER] ?? NOBODY).address
}

/** Whether the visitor came by http or by https. */
export function schemeOf(request: Known): Peer['scheme'] {
  return (request[PEER] ?? NOBODY).scheme
}

/** Whether a proxy that is trusted passed the request on. */
export function isProxied(request: Known): boolean {
  return (request[PEER] ?? NOBODY).isProxied
}

/** Finds out who a request is from, given the address at the other end of its connection; null: it is gone already. */
export function createPeerFinder({ config, log }: Pick<Deps, 'config' | 'log'>) {
  const isTrusted = addressMatcher(config.trustedProxies)
  let isWarned = config.trustedProxies.length > 0
  return (request: Request, connected: string | null): Peer => {
    if (connected === null) return NOBODY
    // Its file decides who may speak there, so whoever does is believed.
    if (connected === UNIX_SOCKET) return behindProxy(request, { proxy: null, isTrusted })
    if (isTrusted(connected)) return behindProxy(request, { proxy: connected, isTrusted })
    if (!isWarned && isLoopback(connected) && request.headers.has('x-forwarded-for')) {
      isWarned = true
      log.warn(`Requests come through a proxy that is not trusted: set CRONGUARD_TRUSTED_PROXIES=${connected}`)
    }
    return { address: connected, scheme: 'http', isProxied: false }
  }
}

// Each proxy adds on the right whom it was asked by. What stands left of one that nobody trusts, anybody can have
// written.
function behindProxy(
  request: Request,
  { proxy, isTrusted }: { proxy: string | null; isTrusted: (address: string) => boolean },
): Peer {
  let address = proxy
  for (const item of (request.headers.get('x-forwarded-for') ?? '').split(',').reverse()) {
    const next = address === null || isTrusted(address) ? readAddress(item) : null
    if (next === null) break
    address = next
  }
  const scheme = (request.headers.get('x-forwarded-proto') ?? '').split(',').at(-1)?.trim().toLowerCase()
  return { address, scheme: scheme === 'https' ? 'https' : 'http', isProxied: true }
}
