import { describe, expect, test } from 'bun:test'
import { type NetworkReason, networkFailure, networkFailureOf } from '#lib/network.ts'

const SECRET_URL = 'https://hooks.example.com/T0/secret'

function thrown(fields: { code?: unknown; name?: string; message?: string }): Error {
  const { message = '', ...rest } = fields
  return Object.assign(new Error(message), rest)
}

describe('networkFailureOf reads the code, the name or the message of an error', () => {
  const cases: { error: unknown; reason: NetworkReason }[] = [
    { error: null, reason: 'connection' },
    { error: undefined, reason: 'connection' },
    { error: thrown({ code: 'ETIMEDOUT' }), reason: 'timeout' },
    { error: thrown({ code: 'ESOCKETTIMEDOUT' }), reason: 'timeout' },
    { error: new DOMException('The operation timed out.', 'TimeoutError'), reason: 'timeout' },
    { error: new DOMException('The operation was aborted.', 'AbortError'), reason: 'timeout' },
    { error: thrown({ message: 'Greeting never received, timed out' }), reason: 'timeout' },
    { error: thrown({ code: 'ECONNREFUSED' }), reason: 'refused' },
    { error: thrown({ code: 'ConnectionRefused', message: 'Unable to connect' }), reason: 'refused' },
    { error: thrown({ code: 'ESOCKET', message: 'connect ECONNREFUSED 127.0.0.1:25' }), reason: 'refused' },
    { error: thrown({ code: 'ENOTFOUND' }), reason: 'dns' },
    { error: thrown({ code: 'EAI_AGAIN' }), reason: 'dns' },
    { error: thrown({ code: 'EDNS' }), reason: 'dns' },
    { error: thrown({ code: 'DNS_ENOTFOUND' }), reason: 'dns' },
    { error: thrown({ code: 'ENODATA' }), reason: 'dns' },
    { error: thrown({ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND timeout.example.com' }), reason: 'dns' },
    { error: thrown({ code: 'CERT_HAS_EXPIRED' }), reason: 'tls' },
    { error: thrown({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), reason: 'tls' },
    { error: thrown({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), reason: 'tls' },
    { error: thrown({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), reason: 'tls' },
    { error: thrown({ code: 'ESOCKET', message: 'self signed certificate in chain' }), reason: 'tls' },
    { error: thrown({ code: 'ECONNRESET', message: 'socket hang up' }), reason: 'connection' },
    { error: thrown({ code: 42 }), reason: 'connection' },
    { error: 'a string', reason: 'connection' },
    { error: {}, reason: 'connection' },
  ]
  test.each(cases)('case %#: $reason', ({ error, reason }) => {
    expect(networkFailureOf(error)).toMatchObject({ kind: 'failure', reason })
  })
})

const UNTRUSTED = 'The TLS certificate is not trusted: an unknown authority signed it'

describe('networkFailureOf describes the failure in a sentence', () => {
  test.each([
    { reason: 'timeout', detail: 'Connection timed out' },
    { reason: 'refused', detail: 'Connection refused' },
    { reason: 'dns', detail: 'Could not resolve host' },
    { reason: 'tls', detail: 'TLS handshake failed' },
    { reason: 'connection', detail: 'Connection failed' },
  ] as const)('$reason: $detail', ({ reason, detail }) => {
    expect(networkFailure(reason)).toEqual({ kind: 'failure', reason, detail })
    expect(networkFailure(reason, 'more').detail).toBe(`${detail}: more`)
  })

  test('that never contains the error message, which may contain the address', () => {
    for (const code of ['ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'ECONNRESET', undefined]) {
      const failure = networkFailureOf(thrown({ code, message: `cannot reach ${SECRET_URL}` }))
      expect(JSON.stringify(failure)).not.toContain('secret')
    }
  })
})

describe('networkFailureOf says what is wrong with TLS', () => {
  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', '', UNTRUSTED],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '', UNTRUSTED],
    ['ESOCKET', 'self signed certificate in certificate chain', UNTRUSTED],
    ['ESOCKET', 'unable to verify the first certificate', UNTRUSTED],
    ['CERT_HAS_EXPIRED', '', 'The TLS certificate has expired'],
    ['CERT_NOT_YET_VALID', '', 'The TLS certificate is not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', '', 'The TLS certificate is for another host name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', '', 'The server does not speak TLS on this port'],
    ['ERR_SSL_NO_CIPHER_MATCH', '', 'TLS handshake failed'],
  ])('%s %s: %s', (code, message, detail) => {
    expect(networkFailureOf(thrown({ code, message }))).toEqual({ kind: 'failure', reason: 'tls', detail })
  })
})
