// Which bytes of a ping's body are stored, and how they become text.

/** What is needed to read a body. */
export interface BodyCoding {
  /** Null for UTF-8, or if none is declared. */
  charset: string | null
  /** Null if the bytes are not compressed. */
  encoding: string | null
}

/** The stored parts of something long: the beginning, the end, and the amount between them. */
export interface Cut<Part> {
  head: Part
  /** Empty if nothing was cut, or only the beginning is stored. */
  tail: Part
  /** Bytes that are not stored; null if they were not counted. */
  cutBytes: number | null
}

/** The stored bytes of a body, as sent. */
export type Body = Cut<Uint8Array>

export type BodyText = Cut<string>

/** The content of a body, if it can't be derived from the stored bytes alone. */
export interface BodyReading extends BodyCoding {
  /** The text of a compressed body. */
  text: BodyText | null
  /** The parsed email; null if it wasn't parsed yet, or isn't an email. */
  mail: KeptMail | null
}

/** A body and the coding that is needed to read it. */
export interface KeptBody {
  body: Body
  reading: BodyReading
}

/** Uncompressed UTF-8. */
export const PLAIN: BodyReading = { charset: null, encoding: null, text: null, mail: null }

const NOTHING = new Uint8Array()

export const NO_BODY: KeptBody = { body: { head: NOTHING, tail: NOTHING, cutBytes: 0 }, reading: PLAIN }

/** The length of the beginning, whatever the limit is. Healthchecks stores only this. */
export const HEAD_MAX = 10_000

/** Returns all bytes if there are at most `limit`, otherwise the beginning and the end. */
export function cutBody(bytes: Uint8Array, limit: number): Body {
  if (bytes.length <= limit) return { head: bytes, tail: NOTHING, cutBytes: 0 }
  const headBytes = Math.min(limit, HEAD_MAX)
  const tail = bytes.slice(bytes.length - (limit - headBytes))
  return { head: bytes.slice(0, headBytes), tail, cutBytes: bytes.length - limit }
}

/**
 * The bodies one after the other, as one body of at most `limit` bytes. A body that is cut already was cut to this
 * limit or a higher one.
 */
export function joinBodies(bodies: readonly Body[], limit: number): Body {
  const kept = bodies.map(({ head, tail }) => head.length + tail.length)
  const length = bodies.reduce((sum, { cutBytes }, index) => sum + (kept[index] ?? 0) + (cutBytes ?? 0), 0)
  const firstGap = bodies.findIndex(isCut)
  const beginning = concat(bodies.slice(0, firstGap === -1 ? bodies.length : firstGap + 1).map(({ head }) => head))
  if (length <= limit) return { head: beginning, tail: NOTHING, cutBytes: 0 }
  const end = concat(
    bodies.slice(Math.max(0, bodies.findLastIndex(isCut))).map((body) => (isCut(body) ? body.tail : body.head)),
  )
  const headBytes = Math.min(limit, HEAD_MAX)
  const tail = end.slice(Math.max(0, end.length - (limit - headBytes)))
  return { head: beginning.slice(0, headBytes), tail, cutBytes: length - limit }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A text as a body. */
export function bodyOf(text: string): Body {
  return { head: new TextEncoder().encode(text), tail: NOTHING, cutBytes: 0 }
}

export function isCut({ cutBytes }: Pick<Cut<unknown>, 'cutBytes'>): boolean {
  return cutBytes !== 0
}

/** The text of both parts, without characters that were cut in half. */
export function readBody({ body, reading }: { body: Body; reading?: BodyReading | undefined }): BodyText {
  return reading?.text ?? decodeCut(body, reading?.charset ?? null)
}

export function decodeCut({ head, tail, cutBytes }: Body, charset: string | null): BodyText {
  if (cutBytes === 0) return { head: decodeBody(head, charset), tail: '', cutBytes }
  const named = byteOrderOf(head) ?? charset
  const whole = wholeCharacters(tail, { charset: named, offset: head.length + (cutBytes ?? 0) })
  return {
    // With `stream`, the decoder omits an incomplete character at the end.
    head: newDecoder(named).decode(head, { stream: true }),
    tail: newDecoder(named)
      .decode(whole)
      .replace(/^\uFFFD+/, ''),
    cutBytes,
  }
}

/** The end of what a ping sent, for messages. */
export interface BodyExcerpt {
  text: string
  cut: { start: boolean; end: boolean }
}

/** The most that a message shows. */
export const EXCERPT_MAX = 10_000

/** The end of the text; null if it is blank. Of an email, the end of its text. */
export function excerptOf(kept: KeptBody): BodyExcerpt | null {
  const { head, tail, cutBytes } = textToShow(kept)
  const text = tail === '' ? head : tail
  const end = text.slice(-EXCERPT_MAX).replace(/^[\udc00-\udfff]/, '')
  if (end.trim() === '') return null
  // Earlier versions didn't count what they cut.
  const isEndCut = tail === '' && (cutBytes === null ? head.length >= HEAD_MAX : cutBytes > 0)
  return { text: end, cut: { start: tail !== '' || end.length < text.length, end: isEndCut } }
}

function textToShow(kept: KeptBody): BodyText {
  const { mail } = kept.reading
  if (mail === null) return readBody(kept)
  return { head: mail.parts.find(({ text }) => text.trim() !== '')?.text ?? mail.subject, tail: '', cutBytes: null }
}

const UTF_8_FOLLOWERS_MAX = 3

/** The bytes from the first complete character on. `offset`: the number of bytes before them in the body. */
function wholeCharacters(bytes: Uint8Array, { charset, offset }: { charset: string | null; offset: number }) {
  if (charset?.startsWith('utf-16')) return bytes.subarray(offset % 2)
  if (charset !== null && charset !== 'utf-8') return bytes
  const start = bytes.findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000)
  return bytes.subarray(start > UTF_8_FOLLOWERS_MAX ? 0 : Math.max(0, start))
}

/** The stored content of a parsed email, as much as a page shows. */
export interface KeptMail {
  subject: string
  parts: { name: 'Text' | 'HTML'; text: string }[]
  /** Whether it asks the reader to open a link to confirm something. */
  asksToConfirm: boolean
}

const CHARSET_MAX = 40
const CHARSET = /;\s*charset\s*=\s*"?([A-Za-z0-9_:.+-]+)/i

/** The charset that a Content-Type declares; null for UTF-8 or an unknown one. */
export function charsetOf(contentType: string | null): string | null {
  const name = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase() ?? ''
  if (name === '' || name.length > CHARSET_MAX) return null
  const decoder = decoderNamed(name)
  return decoder === null || decoder.encoding === 'utf-8' ? null : name
}

/**
 * Decodes a body as text. It never fails, even if the body isn't text or is cut inside a character. A byte order mark
 * takes precedence over the declared charset.
 */
export function decodeBody(body: Uint8Array, charset: string | null = null): string {
  return decoderFor(body, charset).decode(body)
}

/** The decoder for a body with this beginning. */
export function decoderFor(beginning: Uint8Array, charset: string | null): TextDecoder {
  return newDecoder(byteOrderOf(beginning) ?? charset)
}

function newDecoder(charset: string | null): TextDecoder {
  return (charset === null ? null : decoderNamed(charset)) ?? new TextDecoder()
}

/** Whether it begins with a byte order mark of UTF-16. */
export function hasWideCharacters(body: Uint8Array): boolean {
  return byteOrderOf(body)?.startsWith('utf-16') ?? false
}

function byteOrderOf([first, second, third]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : null
}

function decoderNamed(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset as Bun.Encoding)
  } catch {
    return null
  }
}
