/** How a connection can fail, whatever the protocol. */
export type NetworkReason = 'timeout' | 'refused' | 'dns' | 'tls' | 'connection'

export interface NetworkFailure {
  kind: 'failure'
  reason: NetworkReason
  /** A sentence for people, without URLs or headers, which may hold secrets. */
  detail: string
}

const DETAILS: Record<NetworkReason, string> = {
  timeout: 'Connection timed out',
  refused: 'Connection refused',
  dns: 'Could not resolve host',
  tls: 'TLS handshake failed',
  connection: 'Connection failed',
}

/** Known TLS problems. The first match wins. */
const TLS_FAULTS: [pattern: RegExp, detail: string][] = [
  [/ALTNAME|altnames|HOSTNAME_MISMATCH/i, 'The TLS certificate is for another host name'],
  [/CERT_HAS_EXPIRED|certificate has expired/i, 'The TLS certificate has expired'],
  [/CERT_NOT_YET_VALID|not yet valid/i, 'The TLS certificate is not valid yet'],
  [
    /SELF_SIGNED|self.signed|UNABLE_TO|unable to (verify|get)/i,
    'The TLS certificate is not trusted: an unknown authority signed it',
  ],
  [/WRONG_VERSION_NUMBER|HTTP_REQUEST|UNEXPECTED_MESSAGE|PACKET_LENGTH/i, 'The server does not speak TLS on this port'],
]

const REASONS: [pattern: RegExp, reason: NetworkReason][] = [
  [/TIMEDOUT|TIMEOUT|AbortError|timed? ?out/i, 'timeout'],
  [/ECONNREFUSED|ConnectionRefused/i, 'refused'],
  [/ENOTFOUND|EAI_|EDNS|DNS_|EBADNAME|ESERVFAIL|ENODATA/i, 'dns'],
  [/CERT|TLS|SSL|SELF_SIGNED|ERR_BORINGSSL|UNABLE_TO/i, 'tls'],
]

export function networkFailure(reason: NetworkReason, more?: string): NetworkFailure {
  return { kind: 'failure', reason, detail: more ? `${DETAILS[reason]}: ${more}` : DETAILS[reason] }
}

function tlsFailure(texts: readonly unknown[]): NetworkFailure {
  const known = texts.filter((text) => typeof text === 'string')
  const fault = TLS_FAULTS.find(([pattern]) => known.some((text) => pattern.test(text)))
  return { ...networkFailure('tls'), ...(fault && { detail: fault[1] }) }
}

/** Derives the reason from errors of Node's and Bun's sockets, which have a `code`, a name or only a message. */
export function networkFailureOf(error: unknown): NetworkFailure {
  const { code, name, message } = (error ?? {}) as { code?: unknown; name?: unknown; message?: unknown }
  for (const text of [code, name, message]) {
    if (typeof text !== 'string') continue
    const match = REASONS.find(([pattern]) => pattern.test(text))
    if (match) return match[1] === 'tls' ? tlsFailure([code, name, message]) : networkFailure(match[1])
  }
  return networkFailure('connection')
}
