// What a request keeps in memory of its body, counted in the budget of all requests.
import { type Body, HEAD_MAX, NO_BODY } from '#domain/body.ts'
import type { Reservation } from '#lib/byte-budget.ts'
import { BusyError } from '#lib/errors.ts'

const FIRST_BYTES = 4096

/** Takes the bytes of a body in pieces. A piece is only valid until the call ends. */
export interface BodySink {
  add(bytes: Uint8Array): void | Promise<void>
}

/** All that one request keeps. */
export class BodyMemory {
  readonly #holding: Reservation
  readonly #parts: BodyEnds[] = []
  #bytes = 0

  constructor(holding: Reservation) {
    this.#holding = holding
  }

  /** Collects all of a body up to `limit` bytes, and the beginning and the end of a longer one. */
  ends(limit: number): BodyEnds {
    return this.#collect({ limit, headBytes: Math.min(limit, HEAD_MAX) })
  }

  /** Collects the first `limit` bytes. */
  head(limit: number): BodyEnds {
    return this.#collect({ limit, headBytes: limit })
  }

  /** Adds to the bytes held; `more` can be negative. Throws `BusyError` if there is no room. */
  count(more: number): void {
    this.#bytes += more
    if (!this.#holding.resize(this.#bytes)) throw new BusyError()
  }

  /** Frees the memory immediately instead of leaving it to the garbage collector. */
  free(): void {
    for (const part of this.#parts) part.free()
  }

  #collect(ends: Ends): BodyEnds {
    const part = new BodyEnds(ends, (more) => this.count(more))
    this.#parts.push(part)
    return part
  }
}

interface Ends {
  limit: number
  /** The length of the beginning that is kept of a body over the limit. The rest of the limit is for its end. */
  headBytes: number
}

/**
 * Collects the two ends of a stream in one buffer of `limit` bytes. Behind the beginning the buffer is a ring: with a
 * limit of 10 and a beginning of 4, byte 10 of the stream takes the place of byte 4. Pieces are copied, because a part
 * of one would keep all of it in memory.
 */
export class BodyEnds implements BodySink {
  readonly #limit: number
  readonly #headBytes: number
  readonly #count: (more: number) => void
  #buffer = new ArrayBuffer(0)
  #size = 0

  constructor({ limit, headBytes }: Ends, count: (more: number) => void) {
    this.#limit = limit
    this.#headBytes = headBytes
    this.#count = count
  }

  /** Throws `BusyError`. */
  add(bytes: Uint8Array): void {
    const fitting = bytes.subarray(0, Math.max(0, this.#limit - this.#size))
    if (fitting.length > 0) {
      this.#grow(this.#size + fitting.length)
      new Uint8Array(this.#buffer).set(fitting, this.#size)
      this.#size += fitting.length
    }
    this.#overwrite(bytes.subarray(fitting.length))
  }

  take(): Body {
    if (this.#size <= this.#limit) {
      this.#resize(this.#size)
      return { ...NO_BODY.body, head: new Uint8Array(this.#buffer) }
    }
    const bytes = new Uint8Array(this.#buffer)
    const oldest = this.#placeOf(this.#size)
    const tail = Buffer.concat([bytes.subarray(oldest), bytes.subarray(this.#headBytes, oldest)])
    const head = bytes.slice(0, this.#headBytes)
    return { head, tail: new Uint8Array(tail), cutBytes: this.#size - this.#limit }
  }

  /** Removes and returns the last bytes of what fits into the limit. They are valid until bytes are added. */
  removeLast(length: number): Uint8Array {
    this.#size -= length
    return new Uint8Array(this.#buffer, this.#size, length)
  }

  /** Forgets what it has and starts again. */
  clear(): void {
    this.#resize(0)
    this.#size = 0
  }

  free(): void {
    this.#buffer = this.#buffer.transfer(0)
  }

  #overwrite(bytes: Uint8Array): void {
    const ringBytes = this.#limit - this.#headBytes
    const skipped = Math.max(0, bytes.length - ringBytes)
    const end = this.#size + bytes.length
    for (let at = this.#size + skipped, rest = bytes.subarray(skipped); rest.length > 0; ) {
      const place = this.#placeOf(at)
      const part = rest.subarray(0, this.#limit - place)
      new Uint8Array(this.#buffer).set(part, place)
      at += part.length
      rest = rest.subarray(part.length)
    }
    this.#size = end
  }

  /** The index in the buffer of byte `at` of the stream; `at` is at least `headBytes`. */
  #placeOf(at: number): number {
    const ringBytes = this.#limit - this.#headBytes
    return ringBytes === 0 ? this.#limit : this.#headBytes + ((at - this.#headBytes) % ringBytes)
  }

  #grow(size: number): void {
    if (size > this.#buffer.byteLength)
      this.#resize(Math.min(this.#limit, Math.max(size, 2 * this.#buffer.byteLength, FIRST_BYTES)))
  }

  // `transfer` frees the old buffer immediately instead of leaving it to the garbage collector.
  #resize(bytes: number): void {
    this.#count(bytes - this.#buffer.byteLength)
    this.#buffer = this.#buffer.transfer(bytes)
  }
}
