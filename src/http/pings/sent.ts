// Reads the body of a ping: the part that is stored, and the fields of JSON or a form.
import { type Body, bodyOf, charsetOf, cutBody, decodeCut, joinBodies, type KeptBody, PLAIN } from '#domain/body.ts'
import { memoryOf, PING_BODY_MAX, readCut, readInto } from '#http/body.ts'
import type { BodySink } from '#http/body-memory.ts'
import { type ContentEncoding, contentEncodingOf, decompress, UndecodableError } from '#lib/compression.ts'
import { createFormReader, type Fields } from './form.ts'
import { JsonReader, type ParsedJson } from './json.ts'

/** The limit also applies to the decompressed body. */
const SENT_MAX = PING_BODY_MAX
/** Fields are read up to this length even if the body limit is lower, so that a status is complete. */
const TEXT_MIN = 1000
/**
 * Parsing this much takes one or two milliseconds. Other requests are answered before the next piece. Bun passes on at
 * most this much at once, unless the reader is slow: then it collects up to 1 MB of each body outside of our budget.
 */
const PIECE_BYTES = 128 * 1024

/** The text from the URL, or the body if there is none. */
export async function readTextOrBody(request: Request, { text, limit }: { text: string; limit: number }) {
  const sent = await readBody(request, limit)
  return text === '' ? sent : keepTexts([bodyOf(text)], limit)
}

/** Texts in UTF-8, one after the other, as a stored body. */
export function keepTexts(texts: readonly Body[], limit: number): KeptBody {
  return { body: joinBodies(texts, limit), reading: PLAIN }
}

/** The stored part of a body that isn't parsed. */
export async function readBody(request: Request, limit: number): Promise<KeptBody> {
  if (encodingOf(request) !== null) return (await readContent(request, { limit, reader: NO_READER })).kept
  const charset = charsetOf(request.headers.get('content-type'))
  return { body: await readCut(request, limit), reading: { ...PLAIN, charset } }
}

const NO_READER: BodySink = { add: () => {} }

function encodingOf({ headers }: Request): ContentEncoding | null {
  return contentEncodingOf(headers.get('content-encoding'))
}

export interface SentJson extends ParsedJson {
  kept: KeptBody
  /** Whether the body is empty, plain text or valid JSON, and not malformed JSON. */
  isReadable: boolean
}

/** Parses a body as JSON, even if it isn't declared as JSON, because `curl -d` declares every body as a form. */
export async function readSentJson(request: Request, limit: number): Promise<SentJson> {
  const contentType = request.headers.get('content-type') ?? ''
  const reader = new JsonReader(memoryOf(request), {
    isDeclared: /\bjson\b/i.test(contentType),
    charset: charsetOf(contentType),
    limit: Math.max(limit, TEXT_MIN),
  })
  const { kept, state } = await readContent(request, { limit, reader })
  const parsed = await reader.end()
  const isText = parsed.kind === 'empty' || (parsed.kind === 'text' && state === 'whole')
  return { kept, ...parsed, isReadable: isText || parsed.value !== undefined }
}

export interface SentForm {
  kept: KeptBody
  /** Null if the form is incomplete, so that fields may be missing. */
  form: Fields | null
}

/** The stored body, and the fields with these names if the body is a form. */
export async function readSentForm(
  request: Request,
  { limit, names }: { limit: number; names: readonly string[] },
): Promise<SentForm> {
  const contentType = request.headers.get('content-type') ?? ''
  const reader = createFormReader(memoryOf(request), { contentType, names, limit: Math.max(limit, TEXT_MIN) })
  const { kept, state } = await readContent(request, { limit, reader })
  const form = await reader.end()
  const isKnown = state === 'whole' || (state === 'as it came' && form?.size !== 0)
  return { kept, form: isKnown ? form : null }
}

export interface SentContent {
  kept: KeptBody
  /** `cut`: the content is longer. `as it came`: the body can't be decompressed as declared. */
  state: 'whole' | 'cut' | 'as it came'
}

interface ContentQuestion {
  limit: number
  contentMax?: number
  /** Gets the decompressed content, at most `contentMax` bytes of it. */
  reader: BodySink
}

/** Reads a body to its end. Of content that isn't compressed, only what the reader keeps is in memory. */
export async function readContent(request: Request, question: ContentQuestion): Promise<SentContent> {
  const encoding = encodingOf(request)
  if (encoding !== null) return await readCompressed(request, { encoding, ...question })
  const charset = charsetOf(request.headers.get('content-type'))
  const ends = memoryOf(request).ends(question.limit)
  await readInto(request, both(ends, inPieces(question.reader)))
  return { kept: { body: ends.take(), reading: { ...PLAIN, charset } }, state: 'whole' }
}

function both(ends: BodySink, reader: BodySink): BodySink {
  return {
    add: async (bytes) => {
      ends.add(bytes)
      await reader.add(bytes)
    },
  }
}

function inPieces(reader: BodySink): BodySink {
  return {
    add: async (bytes) => {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        if (at > 0) await new Promise((resolve) => setImmediate(resolve))
        await reader.add(bytes.subarray(at, at + PIECE_BYTES))
      }
    },
  }
}

// Compressed bodies are read one at a time, because a decompressor may need many megabytes.
async function readCompressed(request: Request, question: CompressedQuestion): Promise<SentContent> {
  const whole = memoryOf(request).head(SENT_MAX)
  await readInto(request, whole)
  const raw = whole.take().head
  const turn = lastTurn.then(() => decode(request, { raw, ...question }))
  lastTurn = turn.catch(() => {})
  return await turn
}

let lastTurn: Promise<unknown> = Promise.resolve()

interface CompressedQuestion extends ContentQuestion {
  encoding: ContentEncoding
}

async function decode(
  request: Request,
  { raw, encoding, limit, contentMax = SENT_MAX, reader }: CompressedQuestion & { raw: Uint8Array },
): Promise<SentContent> {
  const charset = charsetOf(request.headers.get('content-type'))
  const body = cutBody(raw, limit)
  const ends = memoryOf(request).ends(limit)
  const pieces = both(ends, inPieces(reader))
  let size = 0
  try {
    for await (const piece of decompress(raw, { encoding, limit: contentMax })) {
      size += piece.length
      await pieces.add(piece)
    }
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
    await inPieces(reader).add(raw)
    return { kept: { body, reading: { ...PLAIN, charset } }, state: 'as it came' }
  }
  const isWhole = size < contentMax
  const content = ends.take()
  // If the content was cut, its true end is unknown.
  const known = isWhole ? content : { ...content, tail: content.tail.subarray(0, 0), cutBytes: null }
  const reading = { ...PLAIN, charset, encoding, text: decodeCut(known, charset) }
  return { kept: { body, reading }, state: isWhole ? 'whole' : 'cut' }
}
