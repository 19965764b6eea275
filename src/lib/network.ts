/** How a connection to somebody else can fail, whatever the protocol. */
export type NetworkReason = 'timeout' | 'refused' | 'dns' | 'tls' | 'connection'

export interface NetworkFailure {
  kind: 'failure'
  reason: NetworkReason
  /** A sentence for a person. It names no URL and no header: those may hold secrets. */
  detail: string
}

const DETAILS: Record<NetworkReason, string> = {
  timeout: 'Connection timed out',
  refused: 'Connection refused',
  dns: 'Could not resolve host',
  tls: 'TLS handshake failed',
  connection: 'Connection failed',
}

const REASONS: [pattern: RegExp, reason: NetworkReason][] = [
  [/TIMEDOUT|TIMEOUT|AbortError|timed? ?out/i, 'timeout'],
  [/ECONNREFUSED|ConnectionRefused/i, 'refused'],
  [/ENOTFOUND|EAI_|EDNS|DNS_|EBADNAME|ESERVFAIL|ENODATA/i, 'dns'],
  [/CERT|TLS|SSL|SELF_SIGNED|ERR_BORINGSSL|UNABLE_TO/i, 'tls'],
]

export function networkFailure(reason: NetworkReason, more?: string): NetworkFailure {
  return { kind: 'failure', reason, detail: more ? `${DETAILS[reason]}: ${more}` : DETAILS[reason] }
}

/** Reads the reason out of what Node's and Bun's sockets throw: a `code`, a name, or only words. */
export function networkFailureOf(error: unknown): NetworkFailure {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }
  for (const text of [code, name, message]) {
    if (typeof text !== 'string') continue
    const match = REASONS.find(([pattern]) => pattern.test(text))
    if (match) return networkFailure(match[1])
  }
  return networkFailure('connection')
}
