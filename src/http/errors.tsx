import { NotFoundError } from 'elysia'
import type { Deps } from '#deps.ts'
import { AppError, type ErrorCode, StorageRefusedError } from '#lib/errors.ts'
import { newLowerCaseToken } from '#lib/tokens.ts'
import { ErrorPage } from '#views/pages/error.tsx'
import { refererOf } from './origin.ts'
import { dialectOf } from './pings/dialect.ts'
import { page } from './respond.tsx'
import { splitUrl } from './url.ts'

const STATUSES: Record<ErrorCode, number> = {
  invalid: 422,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_many: 429,
}

/** Healthchecks clients know 400 where a form knows 422. */
const API_STATUSES: Record<ErrorCode, number> = { ...STATUSES, invalid: 400 }

const RETRY_AFTER_SECONDS = '5'
const FAULT_NUMBER_LENGTH = 8

interface Answer {
  status: number
  message: string
}

/** The one place where an error becomes an answer, in the dialect of the door at which the caller knocked. */
export function answerError(deps: Deps, { error, request }: { error: unknown; request: Request }): Response {
  const { path } = splitUrl(request.url)
  const dialect = dialectOf(request)
  const isApi = dialect === null && path.startsWith('/api/')
  // The path of a ping is hardly more than its key.
  const place = dialect === null ? withoutKeys(path) : `a ping of ${dialect.name}`
  const answer = answerTo(deps, { error, place, statuses: isApi ? API_STATUSES : STATUSES })
  const next = answer.status === 401 ? refererOf(deps, request) : null
  const response = isApi ? json(answer) : dialect === null ? document(answer, next) : plainText(answer)
  if (answer.status === 503) response.headers.set('Retry-After', RETRY_AFTER_SECONDS)
  return response
}

function answerTo(
  deps: Deps,
  { error, place, statuses }: { error: unknown; place: string; statuses: Record<ErrorCode, number> },
): Answer {
  if (error instanceof AppError) return { status: statuses[error.code], message: error.message }
  if (error instanceof NotFoundError) return { status: 404, message: 'There is nothing at this address.' }
  if (error instanceof StorageRefusedError) {
    deps.log.debug('A request was refused', { reason: error.message })
    return { status: 503, message: error.message }
  }
  if (isClientGone(error)) return { status: 400, message: 'The request broke off.' }
  const number = newLowerCaseToken(FAULT_NUMBER_LENGTH)
  deps.log.error('Something went wrong that should not', { number, path: place, error })
  return { status: 500, message: `Something went wrong that should not. The log knows it as ${number}.` }
}

// Who hangs up in the middle of a request gets no answer; that is no fault of ours.
function isClientGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

// A path may hold a ping key, or the token of a link: what is that long is left out.
function withoutKeys(path: string): string {
  return path.replace(/[^/]{16,}/g, '…')
}

function json({ status, message }: Answer): Response {
  return Response.json({ error: message }, { status })
}

function plainText({ status, message }: Answer): Response {
  return new Response(message, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })
}

function document({ status, message }: Answer, next: string | null): Response {
  return page(<ErrorPage status={status} message={message} next={next} />, status)
}
