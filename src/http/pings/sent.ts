// Reads the body of a ping: the part that is stored, and the parsed JSON or form.
import { charsetOf, cutBody, decodeBody, decodeCut, type KeptBody, PLAIN } from '#domain/body.ts'
import { PING_BODY_MAX, readCut, readHead } from '#http/body.ts'
import { type ContentEncoding, contentEncodingOf, decompress } from '#lib/compression.ts'
import type { Json } from './content.ts'
import { readForm, readJson } from './reading.ts'

/** The limit also applies to the decompressed body. */
const SENT_MAX = PING_BODY_MAX
/** Fields are read up to this length even if the body limit is lower, so that a status is complete. */
const TEXT_MIN = 1000

/** The text from the URL, or the body if there is none. */
export async function readTextOrBody(request: Request, { text, limit }: { text: string; limit: number }) {
  const sent = await readBody(request, limit)
  return text === '' ? sent : keepText(text, limit)
}

/** A text as a stored body, in UTF-8. */
export function keepText(text: string, limit: number): KeptBody {
  return { body: cutBody(new TextEncoder().encode(text), limit), reading: PLAIN }
}

/** The stored part of a body that isn't parsed. Unless it is compressed, it is never in memory as a whole. */
export async function readBody(request: Request, limit: number): Promise<KeptBody> {
  if (encodingOf(request) !== null) return await withContent(request, { limit }, async ({ kept }) => kept)
  const charset = charsetOf(request.headers.get('content-type'))
  return { body: await readCut(request, limit), reading: { ...PLAIN, charset } }
}

function encodingOf({ headers }: Request): ContentEncoding | null {
  return contentEncodingOf(headers.get('content-encoding'))
}

export interface SentJson {
  kept: KeptBody
  /** Undefined if the body isn't JSON. */
  value: Json | undefined
  /** Whether the body is empty, plain text or valid JSON, and not malformed JSON. */
  isReadable: boolean
}

/** Parses a body as JSON, even if it isn't declared as JSON, because `curl -d` declares every body as a form. */
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
// A bracket alone isn't enough, because a line of a log may begin with one.
const LIKE_JSON = /^(?:\{|\[\s*(?:[{[\]"]|null\b|$))/

export interface SentForm {
  kept: KeptBody
  /** Null if the form is incomplete, so that fields may be missing. */
  form: URLSearchParams | null
}

/** The stored body, and the fields with these names if the body is a form. */
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
  /** The decompressed body. */
  content: Uint8Array
  charset: string | null
  /** `cut`: the content is longer. `as it came`: the body can't be decompressed as declared. */
  state: 'whole' | 'cut' | 'as it came'
}

/**
 * Reads a whole body, and at most `contentMax` bytes of its decompressed content. Compressed bodies are read one at a
 * time, because their content may need a thousand times their size.
 */
export async function withContent<T>(
  request: Request,
  { limit, contentMax = SENT_MAX }: { limit: number; contentMax?: number },
  read: (content: Content) => Promise<T>,
): Promise<T> {
  const raw = await readHead(request, SENT_MAX)
  const decodeAndRead = async (): Promise<T> => read(await decode(request, { raw, limit, contentMax }))
  if (encodingOf(request) === null) return await decodeAndRead()
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
  const encoding = encodingOf(request)
  const content = encoding && (await decompress(raw, { encoding, limit: contentMax }))
  const body = cutBody(raw, limit)
  if (content === null) {
    const kept = { body, reading: { ...PLAIN, charset } }
    return { kept, content: raw, charset, state: encoding === null ? 'whole' : 'as it came' }
  }
  const isWhole = content.length < contentMax
  const { head, tail, cutBytes } = cutBody(content, limit)
  // If the content was cut, its true end is unknown.
  const known = isWhole ? { head, tail, cutBytes } : { head, tail: tail.subarray(0, 0), cutBytes: null }
  const reading = { ...PLAIN, charset, encoding, text: decodeCut(known, charset) }
  return { kept: { body, reading }, content, charset, state: isWhole ? 'whole' : 'cut' }
}
