// What was sent with a ping: the part of it that is kept, and what it says to the end.
import { type BodyReading, charsetOf, decodeBody } from '#domain/body.ts'
import { PING_BODY_MAX, readHead } from '#http/body.ts'
import { contentEncodingOf, decompress } from '#lib/compression.ts'
import type { Json } from './content.ts'
import { readForm, readJson } from './reading.ts'

/** The body of a ping as `recordPing` takes it. */
export interface KeptBody {
  /** As it came, up to the limit of bodies. */
  body: Uint8Array
  reading?: BodyReading
}

/** Decompressed, it may not say more than without. */
const SENT_MAX = PING_BODY_MAX
/** As much of a compressed body is read where only its beginning counts. */
const COMPRESSED_MAX = 1_000_000
/** Whatever the limit of bodies is, a status is read whole. */
const TEXT_MIN = 1000

/** What is kept as the body: the text that came in the URL, or else the body as it was sent; cut at `limit` bytes. */
export async function bodyOf(request: Request, { text, limit }: { text: string; limit: number }): Promise<KeptBody> {
  const sent = await readBody(request, limit)
  return text === '' ? sent : { body: cutText(text, limit) }
}

/** As UTF-8, at most `limit` bytes. */
export function cutText(text: string, limit: number): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, limit)
}

/** The first `limit` bytes of the body, and how they are read. */
export async function readBody(request: Request, limit: number): Promise<KeptBody> {
  const isCompressed = contentEncodingOf(request.headers.get('content-encoding')) !== null
  const raw = await readHead(request, isCompressed ? Math.max(limit, COMPRESSED_MAX) : limit)
  return (await decode(request, { raw, limit, contentMax: limit })).kept
}

export interface SentJson {
  kept: KeptBody
  /** Undefined: what was sent is no JSON. */
  value: Json | undefined
  /** It is empty, plain text or JSON, and not JSON that cannot be read. */
  isReadable: boolean
}

/** Everything that was sent. The content type alone does not tell JSON, because `curl -d` calls everything a form. */
export function readSentJson(request: Request, limit: number): Promise<SentJson> {
  return withContent(request, { limit }, async ({ kept, content, charset, state }) => {
    const beginning = decodeBody(content.subarray(0, BEGINNING_BYTES), charset).trim()
    const isDeclared = /\bjson\b/i.test(request.headers.get('content-type') ?? '')
    if (beginning === '' && content.length <= BEGINNING_BYTES) return { kept, value: undefined, isReadable: true }
    if (!isDeclared && !LIKE_JSON.test(beginning)) return { kept, value: undefined, isReadable: state === 'whole' }
    const value = await readJson(content, { charset, limit: Math.max(limit, TEXT_MIN) })
    return { kept, value, isReadable: value !== undefined }
  })
}

const BEGINNING_BYTES = 1000
// A line of a log may begin with a bracket, too.
const LIKE_JSON = /^(?:\{|\[\s*(?:[{[\]"]|null\b|$))/

export interface SentForm {
  kept: KeptBody
  /** Null: it breaks off, and what else it would have said is not known. */
  form: URLSearchParams | null
}

/** Everything that was sent, and those of its fields that have one of the names, where it is a form of either sort. */
export function readSentForm(
  request: Request,
  { limit, names }: { limit: number; names: readonly string[] },
): Promise<SentForm> {
  return withContent(request, { limit }, async ({ kept, content, state }) => {
    const contentType = request.headers.get('content-type') ?? ''
    const fields = await readForm(content, { contentType, names, limit: Math.max(limit, TEXT_MIN) })
    const isKnown = state === 'whole' || (state === 'as it came' && fields?.length !== 0)
    return { kept, form: fields && isKnown ? new URLSearchParams(fields) : null }
  })
}

export interface Content {
  kept: KeptBody
  /** Not compressed any more. */
  content: Uint8Array
  charset: string | null
  /** `cut`: there would be more. `as it came`: it cannot be decompressed, whatever the sender declares. */
  state: 'whole' | 'cut' | 'as it came'
}

/**
 * Reads all of a body, decompressed `contentMax` bytes of it. Of those that are compressed one at a time: it may need a
 * thousand times their size.
 */
export async function withContent<T>(
  request: Request,
  { limit, contentMax = SENT_MAX }: { limit: number; contentMax?: number },
  read: (content: Content) => Promise<T>,
): Promise<T> {
  const raw = await readHead(request, SENT_MAX)
  const decodeAndRead = async (): Promise<T> => read(await decode(request, { raw, limit, contentMax }))
  if (contentEncodingOf(request.headers.get('content-encoding')) === null) return await decodeAndRead()
  const turn = lastTurn.then(decodeAndRead)
  lastTurn = turn.catch(() => {})
  return await turn
}

let lastTurn: Promise<unknown> = Promise.resolve()

async function decode(
  request: Request,
  { raw, limit, contentMax }: { raw: Uint8Array; limit: number; contentMax: number },
): Promise<Content> {
  const charset = charsetOf(request.headers.get('content-type'))
  const encoding = contentEncodingOf(request.headers.get('content-encoding'))
  const content = encoding && (await decompress(raw, { encoding, limit: contentMax }))
  const body = raw.slice(0, limit)
  if (content === null) {
    const kept = charset === null ? { body } : { body, reading: { charset, encoding: null, text: null, mail: null } }
    return { kept, content: raw, charset, state: encoding === null ? 'whole' : 'as it came' }
  }
  const text = decodeBody(content.subarray(0, limit), charset)
  const state = content.length < contentMax ? 'whole' : 'cut'
  return { kept: { body, reading: { charset, encoding, text, mail: null } }, content, charset, state }
}
