const PEER = Symbol('peer address')

// A property of the request itself: a WeakMap beside it costs more than all the rest of answering.
interface Known extends Request {
  [PEER]?: string | null
}

/** Remembers who is at the other end of the connection. */
export function rememberPeer(request: Known, address: string | null): void {
  request[PEER] = address
}

/** The address at the other end of the connection; null where there is none, as on a unix socket. */
export function peerOf(request: Known): string | null {
  return request[PEER] ?? null
}
