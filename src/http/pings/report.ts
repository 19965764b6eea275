// Helpers with which the dialects parse and record reports.
import { type PingInput, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { EXIT_STATUS_MAX, measuredMs, type PingSignal, type RunId, USER_AGENT_MAX } from '#domain/ping.ts'
import { peerOf, schemeOf } from '#http/peer.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { sha256Hex } from '#lib/tokens.ts'
import type { Json } from './reading.ts'

/** The pattern of a UUID in a path. */
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'

/** The pattern of a token, key or slug in a path. */
export const TOKEN = '[A-Za-z0-9_-]{1,128}'

export const TEXT = 'text/plain; charset=utf-8'

/** The limit for creating monitors by ping is per minute. */
const RETRY_AFTER_SECONDS = '60'

export function plainText(text: string, status: number): Response {
  const retry: Record<string, string> = status === 429 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}
  return new Response(text, { status, headers: { ...retry, 'Content-Type': TEXT } })
}

/** Why a ping wasn't recorded: its monitor is unknown or ambiguous, or it would exceed the number of monitors. */
export interface Refusal {
  status: 404 | 409 | 429
  text: string
}

/** Null once the ping is on disk. Rejects with `StorageRefusedError`. */
export async function recordOrRefuse(deps: Deps, input: PingInput): Promise<Refusal | null> {
  try {
    await recordPing(deps, input)
    return null
  } catch (error) {
    return refusalOf(error)
  }
}

/** The refusal for an error. A full project is a 404, as in Healthchecks. Rethrows unknown errors. */
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

const MOST_SEVERE_FIRST: readonly PingSignal[] = ['fail', 'log', 'start', 'success']

/** The most serious report: a failure if there is one, otherwise a report that wasn't understood. */
export function mostSevere<R extends { signal: PingSignal }>(reports: readonly R[]): R | null {
  const [first] = MOST_SEVERE_FIRST.flatMap((signal) => reports.filter((report) => report.signal === signal))
  return first ?? null
}

/** The last value of a repeated parameter; '' if there is none. */
export function lastOf(query: URLSearchParams, name: string): string {
  return query.getAll(name).at(-1) ?? ''
}

/** Null if the value isn't a valid exit status. */
export function exitStatusOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^[0-9]{1,3}$/.test(value) ? Number(value) : value
  const isStatus = typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= EXIT_STATUS_MAX
  return isStatus ? number : null
}

/** Converts a run's duration from seconds to milliseconds; null if there is none. */
export function secondsOf(value: unknown): number | null {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof seconds === 'number' ? measuredMs(seconds * SECOND) : null
}

const UUID_PARTS = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** The run ID for another tool's name of a run: the UUID itself, or one derived from the name by hashing. */
export function runIdOf(name: string): RunId | null {
  if (name === '') return null
  const parts = UUID_PARTS.exec(name.toLowerCase()) ?? UUID_PARTS.exec(sha256Hex(name).slice(0, 32))
  return parts === null ? null : parts.slice(1).join('-')
}
