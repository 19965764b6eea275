// Reads JSON piece by piece. Of a string that is longer than the limit, the beginning and the end are kept.
import { type Body, bodyOf, decodeBody, decoderFor } from '#domain/body.ts'
import type { BodyEnds, BodyMemory, BodySink } from '#http/body-memory.ts'
import { newUuid } from '#lib/tokens.ts'
import { type Json, parseJson } from './reading.ts'

export interface ParsedJson {
  /** `text`: the body neither is declared as JSON nor looks like it. */
  kind: 'json' | 'text' | 'empty'
  /** Undefined if the body isn't JSON, has too many members or is too deep. */
  value: Json | undefined
  /** The text of a string in `value`. */
  textOf(text: string): Body
}

export interface JsonQuestion {
  isDeclared: boolean
  charset: string | null
  /** Longer strings are cut. */
  limit: number
}

const BEGINNING_BYTES = 1000
// A bracket alone isn't enough, because a line of a log may begin with one.
const LIKE_JSON = /^(?:\{|\[\s*(?:[{[\]"]|null\b|$))/

/** Finds out whether a body is JSON, and reads it. */
export class JsonReader implements BodySink {
  readonly #question: JsonQuestion
  readonly #shortener: JsonShortener
  #beginning = Buffer.alloc(0)
  #kind: ParsedJson['kind'] | null = null
  /** Null for UTF-8, which is read as it is. */
  #decoder: TextDecoder | null = null

  constructor(memory: BodyMemory, question: JsonQuestion) {
    this.#question = question
    this.#shortener = new JsonShortener(memory, question.limit)
  }

  /** Throws `BusyError`. */
  add(bytes: Uint8Array): void {
    if (this.#kind === 'json') this.#shortener.add(this.#inUtf8(bytes))
    if (this.#kind !== null) return
    this.#beginning = Buffer.concat([this.#beginning, bytes])
    if (this.#beginning.length > BEGINNING_BYTES) this.#begin()
  }

  async end(): Promise<ParsedJson> {
    if (this.#kind === null) this.#begin()
    const kind = this.#kind ?? 'empty'
    if (kind !== 'json') return { kind, value: undefined, textOf: bodyOf }
    if (this.#decoder !== null) this.#shortener.add(Buffer.from(this.#decoder.decode()))
    const { value, longStrings } = await this.#shortener.parse()
    return { kind, value, textOf: (text) => longStrings.get(text) ?? bodyOf(text) }
  }

  #begin(): void {
    const { charset, isDeclared } = this.#question
    const beginning = this.#beginning
    const text = decodeBody(beginning.subarray(0, BEGINNING_BYTES), charset).trim()
    if (text === '' && beginning.length <= BEGINNING_BYTES) this.#kind = 'empty'
    else this.#kind = isDeclared || LIKE_JSON.test(text) ? 'json' : 'text'
    if (this.#kind !== 'json') return
    const decoder = decoderFor(beginning, charset)
    if (decoder.encoding !== 'utf-8') this.#decoder = decoder
    const hasMark = this.#decoder === null && BYTE_ORDER_MARK.equals(beginning.subarray(0, BYTE_ORDER_MARK.length))
    this.add(hasMark ? beginning.subarray(BYTE_ORDER_MARK.length) : beginning)
  }

  #inUtf8(bytes: Uint8Array): Uint8Array {
    return this.#decoder === null ? bytes : Buffer.from(this.#decoder.decode(bytes, { stream: true }))
  }
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/** JSON with more members is rejected, because it takes too much memory. */
const MEMBERS_MAX = 100_000
const DEPTH_MAX = 100
/** JSON without long strings has at most this length: a body of 16 MiB in ISO-8859-1 has twice the length in UTF-8. */
const JSON_BYTES_MAX = 32 * 1024 * 1024

/** In parsed JSON, a name stands for each long string. Senders can't know it. */
const LONG = `long string ${newUuid()} `

const [QUOTE, BACKSLASH, SPACE] = [...'"\\ '].map((sign) => sign.charCodeAt(0)) as [number, number, number]
const NOTHING = Buffer.alloc(0)

/**
 * Copies JSON in UTF-8, but only the beginning and the end of long strings. It works on bytes, because the text of
 * every piece would stay in memory until the garbage collector runs.
 */
class JsonShortener {
  readonly #memory: BodyMemory
  readonly #limit: number
  readonly #json: BodyEnds
  readonly #longStrings: BodyEnds[] = []
  #isValid = true
  #members = 0
  #depth = 0
  #isInString = false
  /** The bytes of the current string at the end of `json`, as sent. */
  #shortBytes = 0
  #long: BodyEnds | null = null
  /** An escape sequence or a character whose rest is in the next piece. */
  #unfinished = NOTHING
  /** The first of two escape sequences that are one character. */
  #half = ''

  constructor(memory: BodyMemory, limit: number) {
    this.#memory = memory
    this.#limit = limit
    this.#json = memory.head(JSON_BYTES_MAX)
  }

  add(more: Uint8Array): void {
    const piece = Buffer.from(more.buffer, more.byteOffset, more.length)
    const bytes = this.#unfinished.length === 0 ? piece : Buffer.concat([this.#unfinished, piece])
    this.#unfinished = NOTHING
    for (let at = 0; at < bytes.length && this.#isValid; ) {
      at = this.#isInString ? this.#addString(bytes, at) : this.#addOutside(bytes, at)
    }
  }

  /** The value, with a name instead of each long string, and the long strings by their names. */
  async parse(): Promise<{ value: Json | undefined; longStrings: ReadonlyMap<string, Body> }> {
    const value = this.#isValid && !this.#isInString ? await parseJson(this.#json.take().head) : undefined
    return { value, longStrings: new Map(this.#longStrings.map((text, index) => [LONG + index, text.take()])) }
  }

  // Returns the index behind what was read.
  #addOutside(bytes: Buffer, at: number): number {
    const quote = bytes.indexOf(QUOTE, at)
    const end = quote === -1 ? bytes.length : quote + 1
    for (let index = at; index < end; index++) this.#countMember(bytes[index] ?? 0)
    this.#isValid &&= this.#members <= MEMBERS_MAX
    this.#json.add(bytes.subarray(at, end))
    this.#isInString = quote !== -1
    return end
  }

  #countMember(sign: number): void {
    if (sign === COMMA) this.#members++
    else if (sign === OPEN_BRACKET || sign === OPEN_BRACE) {
      this.#members++
      this.#isValid &&= ++this.#depth <= DEPTH_MAX
    } else if (sign === CLOSE_BRACKET || sign === CLOSE_BRACE) this.#depth--
  }

  #addString(bytes: Buffer, at: number): number {
    const quote = closingQuote(bytes, at)
    const end = quote === -1 ? completeLength(bytes, at) : quote
    this.#addContent(bytes.subarray(at, end))
    if (quote === -1) this.#unfinished = Buffer.from(bytes.subarray(end))
    else this.#endString()
    return quote === -1 ? bytes.length : quote + 1
  }

  #addContent(content: Buffer): void {
    if (this.#long === null && this.#shortBytes + content.length <= this.#limit) {
      this.#json.add(content)
      this.#shortBytes += content.length
      return
    }
    if (this.#long === null) {
      this.#long = this.#memory.ends(this.#limit)
      this.#addToLong(this.#long, Buffer.from(this.#json.removeLast(this.#shortBytes)))
    }
    this.#addToLong(this.#long, content)
  }

  #addToLong(long: BodyEnds, content: Buffer): void {
    if (this.#half === '' && isPlain(content)) long.add(content)
    else this.#addEscaped(long, content)
  }

  #addEscaped(long: BodyEnds, content: Buffer): void {
    try {
      const text: string = this.#half + JSON.parse(`"${content}"`)
      const isHalf = /[\uD800-\uDBFF]$/.test(text)
      this.#half = isHalf ? text.slice(-1) : ''
      long.add(encode(isHalf ? text.slice(0, -1) : text))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.#isValid = false
    }
  }

  #endString(): void {
    this.#isInString = false
    this.#shortBytes = 0
    if (this.#long !== null) {
      this.#long.add(encode(this.#half))
      this.#half = ''
      this.#json.add(encode(`${LONG}${this.#longStrings.length}`))
      this.#longStrings.push(this.#long)
      this.#long = null
    }
    this.#json.add(encode('"'))
  }
}

const [COMMA, OPEN_BRACKET, OPEN_BRACE, CLOSE_BRACKET, CLOSE_BRACE] = [',', '[', '{', ']', '}'].map((sign) =>
  sign.charCodeAt(0),
)

/** Whether the content of a string is valid and has no escape sequence. */
function isPlain(content: Uint8Array): boolean {
  if (content.includes(BACKSLASH)) return false
  for (let at = 0; at < content.length; at++) if ((content[at] ?? 0) < SPACE) return false
  return true
}

/** -1 if the string doesn't end in these bytes. `from` is not inside an escape sequence. */
function closingQuote(bytes: Buffer, from: number): number {
  let quote = bytes.indexOf(QUOTE, from)
  while (quote !== -1 && backslashesBefore(bytes, { from, end: quote }) % 2 === 1)
    quote = bytes.indexOf(QUOTE, quote + 1)
  return quote
}

function backslashesBefore(bytes: Buffer, { from, end }: { from: number; end: number }): number {
  let start = end
  while (start > from && bytes[start - 1] === BACKSLASH) start--
  return end - start
}

/** The length without an incomplete escape sequence or character: 1 for `a\` and for `a\u00`, 3 for `a\\`. */
function completeLength(bytes: Buffer, from: number): number {
  const last = bytes.lastIndexOf(BACKSLASH)
  if (last < from || backslashesBefore(bytes, { from, end: last }) % 2 === 1) return wholeCharacters(bytes, from)
  const length = bytes[last + 1] === LETTER_U ? '\\u0000'.length : '\\n'.length
  return last + length > bytes.length ? last : wholeCharacters(bytes, from)
}

const LETTER_U = 'u'.charCodeAt(0)
const UTF_8_BYTES_MAX = 4

/** The length without the first bytes of a character whose others are missing. */
function wholeCharacters(bytes: Buffer, from: number): number {
  for (let length = 1; length < UTF_8_BYTES_MAX && bytes.length - length >= from; length++) {
    const byte = bytes[bytes.length - length] ?? 0
    if (byte < 0b1000_0000) break
    // The number of ones at the beginning of the first byte is the length of the character.
    if (byte >= 0b1100_0000) return Math.clz32(~byte << 24) > length ? bytes.length - length : bytes.length
  }
  return bytes.length
}

/** Used for every piece, because new buffers stay in memory until the garbage collector runs. */
let scratch = NOTHING

/** UTF-8, valid until the next call. */
function encode(text: string): Uint8Array {
  const bytesMax = text.length * UTF_8_BYTES_MAX
  if (scratch.length < bytesMax) scratch = Buffer.alloc(bytesMax)
  const { written } = new TextEncoder().encodeInto(text, scratch)
  return scratch.subarray(0, written)
}
