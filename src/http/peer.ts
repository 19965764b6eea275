const peers = new WeakMap<Request, string>()

/** Remembers who is at the other end of the connection. */
export function rememberPeer(request: Request, address: string | null): void {
  if (address !== null) peers.set(request, address)
}

/** The address at the other end of the connection; null where there is none, as on a unix socket. */
export function peerOf(request: Request): string | null {
  return peers.get(request) ?? null
}
