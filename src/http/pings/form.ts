// Reads forms piece by piece, from `curl -d` or `curl -F`. Of a field that is longer than the limit, the beginning and
// the end are kept.
import type { Body } from '#domain/body.ts'
import type { BodyEnds, BodyMemory, BodySink } from '#http/body-memory.ts'
import { createPartsReader } from '#lib/multipart.ts'

export interface FormQuestion {
  contentType: string
  /** The fields to read. */
  names: readonly string[]
  limit: number
}

/** The last value of each field. */
export type Fields = ReadonlyMap<string, Body>

export interface FormReader extends BodySink {
  /** Null if the form is incomplete or has too many fields. */
  end(): Promise<Fields | null>
}

/** Reports have a few fields. Reading a million fields would take seconds. */
const FIELDS_MAX = 1000

export function createFormReader(memory: BodyMemory, question: FormQuestion): FormReader {
  const fields = new FieldValues(memory, question)
  return /^multipart\/form-data\b/i.test(question.contentType)
    ? createMultipartReader(fields, question.contentType)
    : new PairsReader(fields)
}

class FieldValues {
  readonly #memory: BodyMemory
  readonly names: readonly string[]
  readonly #limit: number
  readonly #values = new Map<string, BodyEnds>()
  #count = 0

  constructor(memory: BodyMemory, { names, limit }: FormQuestion) {
    this.#memory = memory
    this.names = names
    this.#limit = limit
  }

  get areTooMany(): boolean {
    return this.#count > FIELDS_MAX
  }

  /** Where the value of a new field goes; null if it isn't needed. */
  begin(name: string | undefined): BodyEnds | null {
    if (name === undefined || !this.names.includes(name)) return null
    this.#count++
    const value = this.#values.get(name) ?? this.#memory.ends(this.#limit)
    value.clear()
    this.#values.set(name, value)
    return value
  }

  take(): Fields | null {
    return this.areTooMany ? null : new Map([...this.#values].map(([name, value]) => [name, value.take()]))
  }
}

function createMultipartReader(fields: FieldValues, contentType: string): FormReader {
  const parts = createPartsReader({
    contentType,
    partsMax: FIELDS_MAX,
    sinkFor: (name) => {
      const value = fields.begin(name)
      return value && ((bytes) => value.add(bytes))
    },
  })
  return {
    add: async (bytes) => await parts?.add(bytes),
    end: async () => ((await parts?.end()) ? fields.take() : null),
  }
}

const [PERCENT, AMPERSAND, EQUALS, PLUS, SPACE] = [...'%&=+ '].map((sign) => sign.charCodeAt(0))
/** "%0A" encodes one byte. */
const BYTES_OF_ONE = 3

/** Reads `application/x-www-form-urlencoded`. Other content has no fields, unless it looks like them. */
class PairsReader implements FormReader {
  readonly #fields: FieldValues
  readonly #nameBytesMax: number
  #state: 'name' | 'value' | 'unneeded' = 'name'
  #name: number[] = []
  #value: BodyEnds | null = null
  /** The beginning of "%0A" whose rest is in the next piece. */
  #unfinished = Buffer.alloc(0)

  constructor(fields: FieldValues) {
    this.#fields = fields
    this.#nameBytesMax = BYTES_OF_ONE * Math.max(...fields.names.map(({ length }) => length))
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#fields.areTooMany; ) {
      at = this.#state === 'name' ? this.#readName(bytes, at) : this.#readValue(bytes, at)
    }
  }

  async end(): Promise<Fields | null> {
    this.#endField()
    return this.#fields.take()
  }

  // Returns the index behind what was read.
  #readName(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === EQUALS) {
        this.#value = this.#fields.begin(decodePercents(Buffer.from(this.#name)).toString())
        this.#state = this.#value === null ? 'unneeded' : 'value'
        return at + 1
      }
      if (byte === AMPERSAND) this.#name = []
      else if (this.#name.push(byte) > this.#nameBytesMax) {
        this.#state = 'unneeded'
        return at + 1
      }
    }
    return bytes.length
  }

  #readValue(bytes: Uint8Array, at: number): number {
    const next = bytes.indexOf(AMPERSAND as number, at)
    const end = next === -1 ? bytes.length : next
    if (this.#value !== null) {
      const piece = bytes.subarray(at, end)
      const encoded = this.#unfinished.length === 0 ? piece : Buffer.concat([this.#unfinished, piece])
      const complete = next === -1 ? completeLength(encoded) : encoded.length
      this.#value.add(decodePercents(encoded.subarray(0, complete)))
      this.#unfinished = Buffer.from(encoded.subarray(complete))
    }
    if (next !== -1) this.#endField()
    return end + 1
  }

  #endField(): void {
    this.#value?.add(this.#unfinished)
    this.#unfinished = Buffer.alloc(0)
    this.#value = null
    this.#name = []
    this.#state = 'name'
  }
}

function completeLength(encoded: Uint8Array): number {
  const percent = encoded.indexOf(PERCENT as number, Math.max(0, encoded.length - BYTES_OF_ONE + 1))
  return percent === -1 ? encoded.length : percent
}

/** Used for every piece, because new buffers stay in memory until the garbage collector runs. */
let scratch = Buffer.alloc(0)

// Decodes to bytes, because a character may be split between two pieces. The result is valid until the next call.
function decodePercents(encoded: Uint8Array): Buffer {
  if (scratch.length < encoded.length) scratch = Buffer.alloc(encoded.length)
  const decoded = scratch
  let length = 0
  for (let at = 0; at < encoded.length; at++) {
    const byte = encoded[at] ?? 0
    const high = byte === PERCENT ? hexDigit(encoded[at + 1]) : -1
    const low = high === -1 ? -1 : hexDigit(encoded[at + 2])
    decoded[length++] = low === -1 ? (byte === PLUS ? (SPACE as number) : byte) : high * 16 + low
    if (low !== -1) at += 2
  }
  return decoded.subarray(0, length)
}

const HEX_DIGITS = new Int8Array(256).fill(-1).map((_, byte) => {
  const sign = String.fromCharCode(byte)
  return /[0-9a-f]/i.test(sign) ? Number.parseInt(sign, 16) : -1
})

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : (HEX_DIGITS[byte] ?? -1)
}
