// Who is at the other end: of the connection, or of the proxies that are trusted to say for whom they ask.
import type { Deps } from '#deps.ts'
import { addressMatcher, isLocal, isLoopback, readAddress, unmapIpv4 } from '#lib/addresses.ts'

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
  const hints = createHints(log)
  return (request: Request, connected: string | null): Peer => {
    if (connected === null) return NOBODY
    // Its file decides who may speak there, so whoever does is believed.
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

const UNTIL_THEN = 'Until then all visitors share one address'

// Each is logged once. Anyone can send the headers of a proxy, so only an address of this network is surely one.
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
      warnOnce('socket', `A proxy on the unix socket sends no X-Forwarded-For: configure it to. ${UNTIL_THEN}`),
  }
}

function isForwarded({ headers }: Request): boolean {
  return headers.has('x-forwarded-for') || headers.has('x-forwarded-proto')
}

// Jobs may speak on a unix socket themselves, but a browser only comes there through a proxy.
function isBrowser({ headers }: Request): boolean {
  return headers.get('user-agent')?.startsWith('Mozilla/') ?? false
}

// Each proxy adds on the right whom it was asked by. What stands left of one that nobody trusts, anybody can have
// written.
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

// The proxies add their schemes as they add their addresses. "https, http" of two trusted proxies means https: the
// visitor asked the first one by https. Of one proxy it means http, because anybody can have written the first part.
function forwardedScheme({ headers }: Request, hops: number): Peer['scheme'] {
  const schemes = (headers.get('x-forwarded-proto') ?? '').split(',')
  const own = schemes.at(-Math.min(Math.max(hops, 1), schemes.length)) ?? ''
  return own.trim().toLowerCase() === 'https' ? 'https' : 'http'
}
