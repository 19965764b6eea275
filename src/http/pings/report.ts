// What the dialects need to read a report, and to record it.
import { type PingInput, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { EXIT_STATUS_MAX, measuredMs, type PingSignal, type RunId, USER_AGENT_MAX } from '#domain/ping.ts'
import { peerOf, schemeOf } from '#http/peer.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { sha256Hex } from '#lib/tokens.ts'
import type { Json } from './content.ts'

/** A UUID as Healthchecks clients write it, for the patterns of paths. */
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'

/** What names a monitor or a project in a path: a token, a key or a slug. */
export const TOKEN = '[A-Za-z0-9_-]{1,128}'

export const TEXT = 'text/plain; charset=utf-8'

/** The rate at which pings may create monitors is per minute. */
const RETRY_AFTER_SECONDS = '60'

export function plainText(text: string, status: number): Response {
  const retry: Record<string, string> = status === 429 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}
  return new Response(text, { status, headers: { ...retry, 'Content-Type': TEXT } })
}

/** Why a ping was not recorded: it is not clear for which monitor, or it would create one too many. */
export interface Refusal {
  status: 404 | 409 | 429
  text: string
}

/** Null when the ping is on disk. Rejects with `StorageRefusedError`. */
export async function recordOrRefuse(deps: Deps, input: PingInput): Promise<Refusal | null> {
  try {
    await recordPing(deps, input)
    return null
  } catch (error) {
    return refusalOf(error)
  }
}

/** As Healthchecks says that there is no room for the monitor that the ping would make. Throws every other error. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof AppError && (error.code === 'not_found' || error.code === 'full'))
    return { status: 404, text: 'not found' }
  if (error instanceof AppError && error.code === 'conflict') return { status: 409, text: 'ambiguous slug' }
  if (error instanceof AppError && error.code === 'too_many') return { status: 429, text: error.message }
  throw error
}

export function originOf(request: Request): PingInput['origin'] {
  return {
    scheme: schemeOf(request),
    method: request.method,
    remoteAddress: peerOf(request),
    userAgent: withoutInvisible(request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX),
  }
}

export function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function asList(value: Json): Json[] {
  return Array.isArray(value) ? value : [value]
}

const GRAVEST_FIRST: readonly PingSignal[] = ['fail', 'log', 'start', 'success']

/** The one that counts of reports that were sent together: bad news first, then what is not understood. */
export function gravest<R extends { signal: PingSignal }>(reports: readonly R[]): R | null {
  const [first] = GRAVEST_FIRST.flatMap((signal) => reports.filter((report) => report.signal === signal))
  return first ?? null
}

/** The last one counts of those that are given twice; '' for none. */
export function lastOf(query: URLSearchParams, name: string): string {
  return query.getAll(name).at(-1) ?? ''
}

/** Null for what no process can end with. */
export function exitStatusOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^[0-9]{1,3}$/.test(value) ? Number(value) : value
  const isStatus = typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= EXIT_STATUS_MAX
  return isStatus ? number : null
}

/** How long a run took, from seconds; null for none. */
export function secondsOf(value: unknown): number | null {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof seconds === 'number' ? measuredMs(seconds * SECOND) : null
}

const UUID_PARTS = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** The run id for what another tool calls a run: the same for the same name, and the UUID itself where it is one. */
export function runIdOf(name: string): RunId | null {
  if (name === '') return null
  const parts = UUID_PARTS.exec(name.toLowerCase()) ?? UUID_PARTS.exec(sha256Hex(name).slice(0, 32))
  return parts === null ? null : parts.slice(1).join('-')
}
