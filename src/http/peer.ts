// The client of a request: the other end of the connection, or the client that a trusted proxy reports.
import type { Deps } from '#deps.ts'
import { addressMatcher, isLocal, isLoopback, readAddress, unmapIpv4 } from '#lib/addresses.ts'

export interface Peer {
  /** Null if there is none. */
  address: string | null
  scheme: 'http' | 'https'
  /** Whether the request comes through a trusted proxy. */
  isProxied: boolean
}

/** A placeholder for the address of a connection over a unix socket. */
export const UNIX_SOCKET = 'unix:'

const PEER = Symbol('peer')
const UNKNOWN_PEER: Peer = { address: null, scheme: 'http', isProxied: false }

// Stored as a property of the request, because a WeakMap costs more than the rest of answering a ping.
interface Known extends Request {
  [PEER]?: Peer
}

/** Stores the client of a request. */
export function rememberPeer(request: Known, peer: Peer): void {
  request[PEER] = peer
}

/** The client's address; null if there is none, as on a unix socket without a proxy. */
export function peerOf(request: Known): string | null {
  return (request[PEER] ?? UNKNOWN_PEER).address
}

/** Whether the client used http or https. */
export function schemeOf(request: Known): Peer['scheme'] {
  return (request[PEER] ?? UNKNOWN_PEER).scheme
}

/** Whether the request came through a trusted proxy. */
export function isProxied(request: Known): boolean {
  return (request[PEER] ?? UNKNOWN_PEER).isProxied
}

/** Finds the client of a request from the address of its connection; null if the connection is already closed. */
export function createPeerFinder({ config, log }: Pick<Deps, 'config' | 'log'>) {
  const isTrusted = addressMatcher(config.trustedProxies)
  const hints = createHints(log)
  return (request: Request, connected: string | null): Peer => {
    if (connected === null) return UNKNOWN_PEER
    // The permissions of the socket decide who can connect, so its clients are trusted.
    if (connected === UNIX_SOCKET) {
      const peer = behindProxy(request, { proxy: null, isTrusted })
      if (peer.address === null && isBrowser(request)) hints.onSocket()
      return peer
    }
    if (isTrusted(connected)) return behindProxy(request, { proxy: connected, isTrusted })
    if (isForwarded(request)) hints.onPort(connected)
    return { address: connected, scheme: 'http', isProxied: false }
  }
}

const UNTIL_THEN = 'Until then all visitors share one IP address'

// Each hint is logged once. Anyone can send the headers of a proxy, so only local addresses are taken for one.
function createHints(log: Deps['log']) {
  const logged = new Set<string>()
  const warnOnce = (about: string, message: string): void => {
    if (!logged.has(about)) log.warn(message)
    logged.add(about)
  }
  return {
    onPort: (address: string): void => {
      const setting = `set CRONGUARD_TRUSTED_PROXIES=${unmapIpv4(address)}`
      if (isLoopback(address)) {
        warnOnce('loopback', `Requests come through a proxy that is not trusted: ${setting}`)
      } else if (isLocal(address)) {
        warnOnce('private', `Requests come through a proxy that is not trusted: ${setting}. ${UNTIL_THEN}`)
      } else {
        warnOnce('public', `A request with proxy headers came from ${address}. If this is your proxy, ${setting}`)
      }
    },
    onSocket: (): void =>
      warnOnce('socket', `The proxy on the unix socket does not send X-Forwarded-For. Configure it to. ${UNTIL_THEN}`),
  }
}

function isForwarded({ headers }: Request): boolean {
  return headers.has('x-forwarded-for') || headers.has('x-forwarded-proto')
}

// Jobs may use the unix socket directly, but a browser reaches it only through a proxy.
function isBrowser({ headers }: Request): boolean {
  return headers.get('user-agent')?.startsWith('Mozilla/') ?? false
}

// Each proxy appends its client on the right. Entries to the left of an untrusted address may be forged.
function behindProxy(
  request: Request,
  { proxy, isTrusted }: { proxy: string | null; isTrusted: (address: string) => boolean },
): Peer {
  let address = proxy
  let hops = 0
  for (const item of (request.headers.get('x-forwarded-for') ?? '').split(',').reverse()) {
    const next = address === null || isTrusted(address) ? readAddress(item) : null
    if (next === null) break
    address = next
    hops += 1
  }
  return { address, scheme: forwardedScheme(request, hops), isProxied: true }
}

// Proxies append their schemes like their addresses. With two trusted proxies "https, http" means https: the client
// used https to reach the first one. With one proxy it means http, because the first part may be forged.
function forwardedScheme({ headers }: Request, hops: number): Peer['scheme'] {
  const schemes = (headers.get('x-forwarded-proto') ?? '').split(',')
  const own = schemes.at(-Math.min(Math.max(hops, 1), schemes.length)) ?? ''
  return own.trim().toLowerCase() === 'https' ? 'https' : 'http'
}
