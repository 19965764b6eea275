// How the bytes of a ping's body become text.

/** What is needed to read a body. */
export interface BodyCoding {
  /** Null: UTF-8, or not said. */
  charset: string | null
  /** Null: the bytes are not compressed. */
  encoding: string | null
}

/** What is kept of something long: its beginning, its end, and how much came between them. */
export interface Cut<Part> {
  head: Part
  /** Empty: nothing is cut, or only the beginning is kept. */
  tail: Part
  /** Bytes that are not kept; null: nobody counted them. */
  cutBytes: number | null
}

/** What is kept of a body, as it came. */
export type Body = Cut<Uint8Array>

export type BodyText = Cut<string>

/** What the body of a ping says where its bytes alone don't tell. */
export interface BodyReading extends BodyCoding {
  /** What a compressed body says. */
  text: BodyText | null
  /** What a mail says; null: it was not read yet, or is no mail. */
  mail: KeptMail | null
}

/** A body, and what it takes to read it. */
export interface KeptBody {
  body: Body
  reading: BodyReading
}

/** UTF-8 that is not compressed. */
export const PLAIN: BodyReading = { charset: null, encoding: null, text: null, mail: null }

const NOTHING = new Uint8Array()

export const NO_BODY: KeptBody = { body: { head: NOTHING, tail: NOTHING, cutBytes: 0 }, reading: PLAIN }

/** As much of a beginning is kept, whatever the limit is. Healthchecks keeps just this. */
export const HEAD_MAX = 10_000

/** All of it up to `limit` bytes; of more, the beginning and the end. */
export function cutBody(bytes: Uint8Array, limit: number): Body {
  if (bytes.length <= limit) return { head: bytes, tail: NOTHING, cutBytes: 0 }
  const headBytes = Math.min(limit, HEAD_MAX)
  const tail = bytes.slice(bytes.length - (limit - headBytes))
  return { head: bytes.slice(0, headBytes), tail, cutBytes: bytes.length - limit }
}

export function isCut({ cutBytes }: Pick<Cut<unknown>, 'cutBytes'>): boolean {
  return cutBytes !== 0
}

/** As text, without the halves of characters that were cut through. */
export function readBody({ body, reading }: { body: Body; reading?: BodyReading | undefined }): BodyText {
  return reading?.text ?? decodeCut(body, reading?.charset ?? null)
}

export function decodeCut({ head, tail, cutBytes }: Body, charset: string | null): BodyText {
  if (cutBytes === 0) return { head: decodeBody(head, charset), tail: '', cutBytes }
  const named = byteOrderOf(head) ?? charset
  const whole = wholeCharacters(tail, { charset: named, offset: head.length + (cutBytes ?? 0) })
  return {
    // A decoder that waits for more gives no half characters.
    head: newDecoder(named).decode(head, { stream: true }),
    tail: newDecoder(named)
      .decode(whole)
      .replace(/^\uFFFD+/, ''),
    cutBytes,
  }
}

const UTF_8_FOLLOWERS_MAX = 3

/** From the first character on that is there as a whole. `offset`: how many bytes came before. */
function wholeCharacters(bytes: Uint8Array, { charset, offset }: { charset: string | null; offset: number }) {
  if (charset?.startsWith('utf-16')) return bytes.subarray(offset % 2)
  if (charset !== null && charset !== 'utf-8') return bytes
  const start = bytes.findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000)
  return bytes.subarray(start > UTF_8_FOLLOWERS_MAX ? 0 : Math.max(0, start))
}

/** What is kept of a mail that was read: as much of it as a page shows. */
export interface KeptMail {
  subject: string
  parts: { name: 'Text' | 'HTML'; text: string }[]
  /** It asks its reader to follow a link to confirm something. */
  asksToConfirm: boolean
}

const CHARSET_MAX = 40
const CHARSET = /;\s*charset\s*=\s*"?([A-Za-z0-9_:.+-]+)/i

/** The charset that a Content-Type declares; null for UTF-8 and for one that is unknown. */
export function charsetOf(contentType: string | null): string | null {
  const name = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase() ?? ''
  if (name === '' || name.length > CHARSET_MAX) return null
  const decoder = decoderFor(name)
  return decoder === null || decoder.encoding === 'utf-8' ? null : name
}

/**
 * As text. A body may be cut in the middle of a character or be no text at all: that must not lose the ping. A byte
 * order mark counts more than the declared charset.
 */
export function decodeBody(body: Uint8Array, charset: string | null = null): string {
  return newDecoder(byteOrderOf(body) ?? charset).decode(body)
}

function newDecoder(charset: string | null): TextDecoder {
  return (charset === null ? null : decoderFor(charset)) ?? new TextDecoder()
}

/** Whether it begins as UTF-16 does. */
export function hasWideCharacters(body: Uint8Array): boolean {
  return byteOrderOf(body)?.startsWith('utf-16') ?? false
}

function byteOrderOf([first, second, third]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : null
}

function decoderFor(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset as Bun.Encoding)
  } catch {
    return null
  }
}
