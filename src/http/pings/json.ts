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
  #decoder: TextDecoder | null = null

  constructor(memory: BodyMemory, question: JsonQuestion) {
    this.#question = question
    this.#shortener = new JsonShortener(memory, question.limit)
  }

  /** Throws `BusyError`. */
  add(bytes: Uint8Array): void {
    if (this.#decoder !== null) this.#shortener.add(this.#decoder.decode(bytes, { stream: true }))
    if (this.#kind !== null) return
    this.#beginning = Buffer.concat([this.#beginning, bytes])
    if (this.#beginning.length > BEGINNING_BYTES) this.#begin()
  }

  async end(): Promise<ParsedJson> {
    if (this.#kind === null) this.#begin()
    const kind = this.#kind ?? 'empty'
    if (this.#decoder === null) return { kind, value: undefined, textOf: bodyOf }
    this.#shortener.add(this.#decoder.decode())
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
    this.#decoder = decoderFor(beginning, charset)
    this.add(beginning)
  }
}

/** JSON with more members is rejected, because it takes too much memory. */
const MEMBERS_MAX = 100_000
const DEPTH_MAX = 100
/** JSON without long strings has at most this length: a body of 16 MiB in ISO-8859-1 has twice the length in UTF-8. */
const JSON_BYTES_MAX = 32 * 1024 * 1024

/** In parsed JSON, a name stands for each long string. Senders can't know it. */
const LONG = `long string ${newUuid()} `

const [QUOTE, BACKSLASH] = ['"', '\\']

/** Copies JSON, but only the beginning and the end of long strings. */
class JsonShortener {
  readonly #memory: BodyMemory
  readonly #limit: number
  readonly #json: BodyEnds
  readonly #longStrings: BodyEnds[] = []
  #isValid = true
  #members = 0
  #depth = 0
  #isInString = false
  /** The beginning of a string that may be short, as sent. */
  #short = ''
  #long: BodyEnds | null = null
  /** An escape sequence, or the first half of a character, whose rest is in the next piece. */
  #unfinished = { escape: '', half: '' }

  constructor(memory: BodyMemory, limit: number) {
    this.#memory = memory
    this.#limit = limit
    this.#json = memory.head(JSON_BYTES_MAX)
  }

  add(more: string): void {
    const text = this.#unfinished.escape + more
    this.#unfinished.escape = ''
    for (let at = 0; at < text.length && this.#isValid; ) {
      at = this.#isInString ? this.#addString(text, at) : this.#addOutside(text, at)
    }
  }

  /** The value, with a name instead of each long string, and the long strings by their names. */
  async parse(): Promise<{ value: Json | undefined; longStrings: ReadonlyMap<string, Body> }> {
    const value = this.#isValid && !this.#isInString ? await parseJson(this.#json.take().head) : undefined
    return { value, longStrings: new Map(this.#longStrings.map((text, index) => [LONG + index, text.take()])) }
  }

  // Returns the index behind what was read.
  #addOutside(text: string, at: number): number {
    const quote = text.indexOf(QUOTE, at)
    const end = quote === -1 ? text.length : quote
    for (let index = at; index < end; index++) this.#countMember(text.charCodeAt(index))
    this.#isValid &&= this.#members <= MEMBERS_MAX
    this.#json.add(Buffer.from(text.slice(at, end)))
    this.#isInString = quote !== -1
    return end + 1
  }

  #countMember(sign: number): void {
    if (sign === COMMA) this.#members++
    else if (sign === OPEN_BRACKET || sign === OPEN_BRACE) {
      this.#members++
      this.#isValid &&= ++this.#depth <= DEPTH_MAX
    } else if (sign === CLOSE_BRACKET || sign === CLOSE_BRACE) this.#depth--
  }

  #addString(text: string, at: number): number {
    const quote = closingQuote(text, at)
    const end = quote === -1 ? completeLength(text, at) : quote
    this.#addContent(text.slice(at, end))
    if (quote === -1) this.#unfinished.escape = text.slice(end)
    else this.#endString()
    return quote === -1 ? text.length : quote + 1
  }

  #addContent(content: string): void {
    if (this.#long === null && this.#short.length + content.length <= this.#limit) {
      this.#memory.count(content.length)
      this.#short += content
      return
    }
    if (this.#long === null) {
      this.#long = this.#memory.ends(this.#limit)
      this.#addToLong(this.#long, this.#takeShort())
    }
    this.#addToLong(this.#long, content)
  }

  #addToLong(long: BodyEnds, content: string): void {
    try {
      const text: string = this.#unfinished.half + JSON.parse(`"${content}"`)
      const isHalf = /[\uD800-\uDBFF]$/.test(text)
      this.#unfinished.half = isHalf ? text.slice(-1) : ''
      long.add(Buffer.from(isHalf ? text.slice(0, -1) : text))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.#isValid = false
    }
  }

  #endString(): void {
    this.#isInString = false
    const name = this.#long === null ? this.#takeShort() : `${LONG}${this.#longStrings.length}`
    this.#json.add(Buffer.from(`"${name}"`))
    if (this.#long === null) return
    this.#long.add(Buffer.from(this.#unfinished.half))
    this.#unfinished.half = ''
    this.#longStrings.push(this.#long)
    this.#long = null
  }

  #takeShort(): string {
    const text = this.#short
    this.#memory.count(-text.length)
    this.#short = ''
    return text
  }
}

const [COMMA, OPEN_BRACKET, OPEN_BRACE, CLOSE_BRACKET, CLOSE_BRACE] = [',', '[', '{', ']', '}'].map((sign) =>
  sign.charCodeAt(0),
)

/** -1 if the string doesn't end in this text. `from` is not inside an escape sequence. */
function closingQuote(text: string, from: number): number {
  let quote = text.indexOf(QUOTE, from)
  while (quote !== -1 && backslashesBefore(text, { from, end: quote }) % 2 === 1) quote = text.indexOf(QUOTE, quote + 1)
  return quote
}

function backslashesBefore(text: string, { from, end }: { from: number; end: number }): number {
  let start = end
  while (start > from && text[start - 1] === BACKSLASH) start--
  return end - start
}

/** The length without an escape sequence that isn't complete: 1 for `a\` and for `a\u00`, 3 for `a\\`. */
function completeLength(text: string, from: number): number {
  const last = text.lastIndexOf(BACKSLASH)
  if (last < from || backslashesBefore(text, { from, end: last }) % 2 === 1) return text.length
  const length = text[last + 1] === 'u' ? '\\u0000'.length : '\\n'.length
  return last + length > text.length ? last : text.length
}
