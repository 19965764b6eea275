// What the dialects need to read a report, and to record it.
import { type PingInput, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { EXIT_STATUS_MAX, type RunId, USER_AGENT_MAX } from '#domain/ping.ts'
import { readHead } from '#http/body.ts'
import { peerOf, schemeOf } from '#http/peer.ts'
import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'

/** A UUID as Healthchecks clients write it, for the patterns of paths. */
export const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'

/** What names a monitor or a project in a path: a token, a key or a slug. */
export const TOKEN = '[A-Za-z0-9_-]{1,100}'

export const TEXT = 'text/plain; charset=utf-8'

export function plainText(text: string, status: number): Response {
  return new Response(text, { status, headers: { 'Content-Type': TEXT } })
}

/** Why a ping was not recorded: it is not clear for which monitor. */
export interface Refusal {
  status: 404 | 409
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
  throw error
}

export function originOf(request: Request): PingInput['origin'] {
  return {
    scheme: schemeOf(request),
    method: request.method,
    remoteAddress: peerOf(request),
    userAgent: (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX),
  }
}

/** What is kept as the body: the text that came in the URL, or else the body as it was sent; cut at `limit` bytes. */
export async function bodyOf(request: Request, { text, limit }: { text: string; limit: number }): Promise<Uint8Array> {
  const sent = await readHead(request, limit)
  return text === '' ? sent : cutText(text, limit)
}

/** As UTF-8, at most `limit` bytes. */
export function cutText(text: string, limit: number): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, limit)
}

export interface Sent {
  /** As it came, but no more than `SENT_MAX` bytes. */
  bytes: Uint8Array
  /** Those of the JSON object that was sent; none when something else was. */
  fields: Record<string, unknown>
}

const SENT_MAX = 100_000

/**
 * Null for what begins like a JSON object and is none: whether it was good news cannot be known. The content type does
 * not matter, because `curl -d` calls everything a form.
 */
export async function readSent(request: Request): Promise<Sent | null> {
  const bytes = await readHead(request, SENT_MAX)
  const text = new TextDecoder().decode(bytes).trim()
  if (!text.startsWith('{')) return { bytes, fields: {} }
  try {
    return { bytes, fields: JSON.parse(text) }
  } catch {
    return null
  }
}

/**
 * What was sent, as it came, and its fields where it is a form of either sort: `curl -d` and `curl -F`. What is no form
 * has no field that anybody knows.
 */
export async function readForm(request: Request, limit: number): Promise<{ bytes: Uint8Array; form: URLSearchParams }> {
  const bytes = await readHead(request, Math.max(limit, SENT_MAX))
  const type = request.headers.get('content-type') ?? ''
  const form = type.startsWith('multipart/form-data') ? await readParts(bytes, type) : null
  return { bytes: bytes.subarray(0, limit), form: form ?? new URLSearchParams(new TextDecoder().decode(bytes)) }
}

async function readParts(bytes: Uint8Array, type: string): Promise<URLSearchParams | null> {
  try {
    const fields = new URLSearchParams()
    const parts = await new Response(new Uint8Array(bytes), { headers: { 'Content-Type': type } }).formData()
    for (const [name, value] of parts) if (typeof value === 'string') fields.append(name, value)
    return fields
  } catch {
    return null
  }
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

const UUID_PARTS = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

/** The run id for what another tool calls a run: the same for the same name, and the UUID itself where it is one. */
export function runIdOf(name: string): RunId | null {
  if (name === '') return null
  const parts = UUID_PARTS.exec(name.toLowerCase()) ?? UUID_PARTS.exec(sha256Hex(name).slice(0, 32))
  return parts === null ? null : parts.slice(1).join('-')
}
