// What was sent with a ping: the part of it that is kept, and what it says to the end.
import { charsetOf, cutBody, decodeBody, decodeCut, type KeptBody, PLAIN } from '#domain/body.ts'
import { PING_BODY_MAX, readCut, readHead } from '#http/body.ts'
import { type ContentEncoding, contentEncodingOf, decompress } from '#lib/compression.ts'
import type { Json } from './content.ts'
import { readForm, readJson } from './reading.ts'

/** Decompressed, it may not say more than without. */
const SENT_MAX = PING_BODY_MAX
/** Whatever the limit of bodies is, a status is read whole. */
const TEXT_MIN = 1000

/** The text that came in the URL, or else the body as it was sent. */
export async function readTextOrBody(request: Request, { text, limit }: { text: string; limit: number }) {
  const sent = await readBody(request, limit)
  return text === '' ? sent : keepText(text, limit)
}

/** As UTF-8. */
export function keepText(text: string, limit: number): KeptBody {
  return { body: cutBody(new TextEncoder().encode(text), limit), reading: PLAIN }
}

/** What is kept of a body that nothing else is read in: it is never held as a whole, unless it is compressed. */
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
  // The end of what was read is not the end of what was sent, if there is more.
  const known = isWhole ? { head, tail, cutBytes } : { head, tail: tail.subarray(0, 0), cutBytes: null }
  const reading = { ...PLAIN, charset, encoding, text: decodeCut(known, charset) }
  return { kept: { body, reading }, content, charset, state: isWhole ? 'whole' : 'cut' }
}
