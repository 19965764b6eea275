import { newLowerCaseToken } from '#lib/tokens.ts'
import { isProxied } from './peer.ts'

/** Identifies a request in the log and in error responses. */
export const REQUEST_ID_HEADER = 'X-Request-Id'

const REQUEST_ID = Symbol('request id')
const LENGTH = 8
const USABLE = /^[\w.-]{1,64}$/

interface Known extends Request {
  [REQUEST_ID]?: string
}

/** The ID that a trusted proxy sends; otherwise eight random characters, created on first use. */
export function requestIdOf(request: Known): string {
  request[REQUEST_ID] ??= givenId(request) ?? newRequestId()
  return request[REQUEST_ID]
}

export function newRequestId(): string {
  return newLowerCaseToken(LENGTH)
}

function givenId(request: Request): string | null {
  const given = isProxied(request) ? request.headers.get(REQUEST_ID_HEADER) : null
  return given !== null && USABLE.test(given) ? given : null
}
