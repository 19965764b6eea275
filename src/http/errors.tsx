import { NotFoundError } from 'elysia'
import type { Deps } from '#deps.ts'
import { withBasePath } from '#lib/base-path.ts'
import { AppError, BusyError, type ErrorCode, StorageRefusedError, TooLongError } from '#lib/errors.ts'
import { ErrorPage } from '#views/pages/error.tsx'
import type { FindMethods } from './methods.ts'
import { refererOf } from './origin.ts'
import { type Dialect, dialectOf } from './pings/dialect.ts'
import type { ShowPath } from './place.ts'
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts'
import { page } from './respond.tsx'
import type { ErrorForm, FindErrorForm } from './routes.ts'
import { splitUrl } from './url.ts'

const STATUSES: Record<ErrorCode, number> = {
  invalid: 422,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  full: 403,
  too_many: 429,
}

/** Healthchecks clients expect 400 where a form gets 422. */
const API_STATUSES: Record<ErrorCode, number> = { ...STATUSES, invalid: 400 }

const RETRY_AFTER_SECONDS = '5'

interface Answer {
  status: number
  message: string
  /** The accepted methods, if the method was wrong. */
  allow?: string
}

interface Failed {
  error: unknown
  request: Request
  /** The route's path, such as "/monitors/:monitor"; undefined if there is no route. */
  route: string | undefined
  showPath: ShowPath
  findMethods: FindMethods
  findErrorForm: FindErrorForm
}

/** Converts any error to a response in the format of the route: an HTML page, JSON, or the dialect of a ping. */
export function answerError(deps: Deps, failed: Failed): Response {
  const { request, route, findErrorForm } = failed
  const dialect = dialectOf(request)
  const form = findErrorForm({ route, path: splitUrl(request.url).path })
  const answer = answerTo(deps, failed, dialect === null && form === 'json' ? API_STATUSES : STATUSES)
  const response = dialect === null ? inForm(deps, { form, answer, request }) : inDialect(dialect, answer)
  response.headers.set(REQUEST_ID_HEADER, requestIdOf(request))
  if (answer.allow !== undefined) response.headers.set('Allow', answer.allow)
  if (answer.status === 503) response.headers.set('Retry-After', RETRY_AFTER_SECONDS)
  return response
}

function answerTo(
  deps: Deps,
  { error, request, showPath, findMethods }: Failed,
  statuses: Record<ErrorCode, number>,
): Answer {
  if (error instanceof AppError) return { status: statuses[error.code], message: error.message }
  if (error instanceof NotFoundError) return nothingAt(request, findMethods)
  if (isTooLong(error)) return { status: 413, message: 'The request is too large.' }
  if (isClientGone(error)) return { status: 400, message: 'The client disconnected.' }
  const id = requestIdOf(request)
  const about = { request: id, path: showPath(splitUrl(request.url).path), dialect: dialectOf(request)?.name }
  if (error instanceof StorageRefusedError || error instanceof BusyError) {
    deps.log.debug('Request refused', { ...about, reason: error.message })
    return { status: 503, message: error.message }
  }
  deps.log.error('Unexpected error', { ...about, error })
  return { status: 500, message: `Unexpected error (reference ${id}). The log has the details.` }
}

function nothingAt({ method, url }: Request, findMethods: FindMethods): Answer {
  const methods = findMethods(splitUrl(url).path)
  if (methods.length === 0 || methods.includes(method)) {
    return { status: 404, message: 'Nothing found at this URL.' }
  }
  return { status: 405, message: `The method ${method} is not allowed here.`, allow: methods.join(', ') }
}

// A client that disconnects during a request isn't an error of the server.
function isClientGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

// For Bun's own error, Bun has already sent a response, so it is only logged.
function isTooLong(error: unknown): boolean {
  if (error instanceof TooLongError) return true
  return error instanceof Error && error.message === 'Request body exceeded maxRequestBodySize'
}

function inForm(
  deps: Deps,
  { form, answer, request }: { form: ErrorForm; answer: Answer; request: Request },
): Response {
  if (form === 'json') return Response.json({ error: answer.message }, { status: answer.status })
  if (form === 'text') return plainText(answer)
  return document(deps, answer, answer.status === 401 ? refererOf(deps, request) : null)
}

function inDialect(dialect: Dialect, answer: Answer): Response {
  return dialect.refuse?.(answer.status, answer.message) ?? plainText(answer)
}

function plainText({ status, message }: Answer): Response {
  return new Response(message, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })
}

function document({ config: { basePath } }: Deps, { status, message }: Answer, next: string | null): Response {
  return withBasePath(basePath, () => page(<ErrorPage status={status} message={message} next={next} />, status))
}
