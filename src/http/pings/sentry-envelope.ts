// The envelopes of Sentry's libraries: lines of JSON. Check-ins are recorded and everything else is dropped.
import type { Deps } from '#deps.ts'
import { cutBody, PLAIN } from '#domain/body.ts'
import { allowBody, BODY_MAX, memoryOf, PING_BODY_MAX } from '#http/body.ts'
import { TooLongError } from '#lib/errors.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import type { IncomingPing } from './dialect.ts'
import type { Json } from './reading.ts'
import { isObject, lastOf } from './report.ts'
import { readContent } from './sent.ts'
import { readCheckIn, recordCheckIn, UNKNOWN } from './sentry-check-in.ts'

const ITEMS_MAX = 1000
const HEADER_BYTES_MAX = 100_000
const CHECK_IN_BYTES_MAX = 100_000
const KEY = /\bsentry_key=([A-Za-z0-9_-]+)/
const KEY_IN_DSN = /^https?:\/\/([A-Za-z0-9_-]+)(?::[^@]*)?@/

export async function answerEnvelope(deps: Deps, { request, query }: IncomingPing): Promise<Response> {
  if (request.method !== 'POST') return refuse(405, 'Use POST for envelopes.')
  const key = keyOf(request, query)
  if (key !== null && findProjectByPingKey(deps.db, key) === null) return refuse(403, 'Unknown key.')
  // Without a key in the request, the sender is unknown until the body is read, so the limit is lower.
  const contentMax = key === null ? BODY_MAX : PING_BODY_MAX
  allowBody(request, contentMax)
  // An envelope is held whole, because only its lines tell how long the next part is.
  const whole = memoryOf(request).head(contentMax)
  const { state } = await readContent(request, { limit: 0, contentMax, reader: whole })
  if (key === null && state === 'cut') throw new TooLongError()
  const envelope = readEnvelope(Buffer.from(whole.take().head))
  if (envelope === null) return refuse(400, 'Invalid envelope.')
  const projectPingKey = key ?? envelope.key
  if (findProjectByPingKey(deps.db, projectPingKey) === null) return refuse(403, 'Unknown key.')
  const refusals = await Promise.all(
    envelope.checkIns.map(({ slug, bytes, sent }) =>
      recordCheckIn(deps, {
        request,
        projectPingKey,
        slug,
        checkIn: readCheckIn(sent) ?? UNKNOWN,
        kept: { body: cutBody(bytes, deps.config.pingBodyLimit), reading: PLAIN },
      }),
    ),
  )
  const refusal = refusals.find((one) => one !== null)
  return refusal ? refuse(refusal.status, refusal.text) : Response.json(envelope.id === null ? {} : { id: envelope.id })
}

function keyOf({ headers }: Request, query: URLSearchParams): string | null {
  const inHeader = KEY.exec(headers.get('x-sentry-auth') ?? headers.get('authorization') ?? '')?.[1]
  return inHeader ?? (lastOf(query, 'sentry_key') || null)
}

interface Envelope {
  /** The key in the DSN; empty if there is none. */
  key: string
  id: string | null
  checkIns: { slug: string; sent: Json; bytes: Uint8Array }[]
}

/** Null if there is no header. A malformed item ends the envelope. */
function readEnvelope(bytes: Buffer): Envelope | null {
  const first = readLine(bytes, 0)
  const header = readObject(first.line)
  if (header === null) return null
  const envelope: Envelope = {
    key: KEY_IN_DSN.exec(typeof header.dsn === 'string' ? header.dsn : '')?.[1] ?? '',
    id: typeof header.event_id === 'string' ? header.event_id : null,
    checkIns: [],
  }
  let place = first.next
  for (let count = 0; count < ITEMS_MAX && place < bytes.length; count++) {
    const { line, next } = readLine(bytes, place)
    const item = line.length === 0 ? {} : readObject(line)
    if (item === null) break
    place = next
    if (line.length === 0) continue
    const payload = readPayload(bytes, { place, length: item.length })
    if (item.type === 'check_in') envelope.checkIns.push(...readItem(payload.line))
    place = payload.next
  }
  return envelope
}

interface Line {
  line: Buffer
  next: number
}

function readLine(bytes: Buffer, place: number): Line {
  const newline = bytes.indexOf('\n', place)
  const end = newline === -1 ? bytes.length : newline
  return { line: bytes.subarray(place, end), next: end + 1 }
}

// A payload without a length ends at the line break.
function readPayload(bytes: Buffer, { place, length }: { place: number; length: Json | undefined }): Line {
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) return readLine(bytes, place)
  const end = place + length
  return { line: bytes.subarray(place, end), next: bytes[end] === NEWLINE ? end + 1 : end }
}

const NEWLINE = 10

function readItem(bytes: Buffer): Envelope['checkIns'] {
  const sent = bytes.length > CHECK_IN_BYTES_MAX ? null : readObject(bytes)
  const slug = sent?.monitor_slug
  return sent === null || typeof slug !== 'string' ? [] : [{ slug, sent, bytes: new Uint8Array(bytes) }]
}

function readObject(line: Buffer): { [name: string]: Json } | null {
  if (line.length > HEADER_BYTES_MAX) return null
  try {
    const value: Json = JSON.parse(line.toString())
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function refuse(status: number, detail: string): Response {
  return Response.json({ detail }, { status })
}
