// Reads the bodies of requests. One budget for all connections bounds what they hold in memory.
import { type Body, HEAD_MAX, NO_BODY } from '#domain/body.ts'
import { createByteBudget, type Reservation } from '#lib/byte-budget.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError, BusyError, TooLongError } from '#lib/errors.ts'
import { sourceOf } from './url.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** The longest body of a ping; a longer one is answered with 413. */
export const PING_BODY_MAX = 16 * MIB
/** The longest body of every other request. */
export const BODY_MAX = MIB
/** A body up to this size is read to its end even if it isn't needed, so that the connection can be reused. */
const SHORT_MAX = 64 * KIB
const FIRST_BYTES = 16 * KIB

/** The memory that all unanswered requests and unfinished mails together may use for bodies. */
export const bytesInFlight = createByteBudget(
  { bytesMax: 64 * MIB, reservedForSmall: 8 * MIB, smallMax: SHORT_MAX },
  systemClock.elapsed,
)

const BODY = Symbol('body')

/** The state of a request's body. */
interface Incoming {
  bytesMax: number
  isRefused: boolean
  isRead: boolean
  holding: Reservation | null
}

interface Known extends Request {
  [BODY]?: Incoming
}

/** Bun drops the bodies of other methods. */
export function mayHaveBody({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** Whether the request has a long body or one of unknown length. */
export function hasLongBody(request: Request): boolean {
  if (!mayHaveBody(request)) return false
  const size = request.headers.get('content-length')
  return size === null ? sourceOf(request).body !== null : Number(size) > SHORT_MAX
}

/** Raises the limit for the body of a request above `BODY_MAX`. */
export function allowBody(request: Request, bytesMax: number): void {
  bodyOf(request).bytesMax = bytesMax
}

/** The body is not needed: reading it throws not_found. */
export function refuseBody(request: Request): void {
  bodyOf(request).isRefused = true
}

/** Responds to a request and then frees the memory of its body. A client that is still sending is disconnected. */
export async function answerWithBody(
  request: Request,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  const body = bodyOf(request)
  try {
    const response = await answer(request)
    if (!body.isRead && hasLongBody(request)) response.headers.set('Connection', 'close')
    return response
  } finally {
    body.holding?.close()
  }
}

/**
 * The first `limit` bytes of the body. The rest is read and dropped, so that the sender can finish before it gets its
 * answer. Throws `BusyError` when memory is short, `TooLongError`, and not_found for a refused body.
 */
export async function readHead(request: Request, limit: number): Promise<Uint8Array> {
  return (await readEnds(request, { limit, headBytes: limit })).head
}

/** All of the body up to `limit` bytes; of a longer one its beginning and its end. Throws as `readHead`. */
export function readCut(request: Request, limit: number): Promise<Body> {
  return readEnds(request, { limit, headBytes: Math.min(limit, HEAD_MAX) })
}

interface Ends {
  limit: number
  /** The length of the beginning that is kept of a body over the limit. The rest of the limit is for its end. */
  headBytes: number
}

async function readEnds(request: Request, ends: Ends): Promise<Body> {
  if (sourceOf(request).body === null) return NO_BODY.body
  const body = bodyOf(request)
  const size = Number(request.headers.get('content-length') ?? Number.NaN)
  if (body.isRefused) throw new AppError('not_found', 'not found')
  if (size > body.bytesMax) throw new TooLongError()
  const isShort = size <= Math.min(ends.limit, SHORT_MAX)
  const read = isShort ? { ...NO_BODY.body, head: await readShort(request, size) } : await readLong(request, ends)
  body.isRead = true
  body.holding?.settle()
  return read
}

async function readShort(request: Request, size: number): Promise<Uint8Array> {
  const body = bodyOf(request)
  const evicted = Promise.withResolvers<never>()
  body.holding = bytesInFlight.open(() => evicted.reject(new BusyError()))
  if (!body.holding.resize(size)) throw new BusyError()
  return new Uint8Array(await Promise.race([sourceOf(request).arrayBuffer(), evicted.promise]))
}

async function readLong(request: Request, ends: Ends): Promise<Body> {
  const body = bodyOf(request)
  const reader = (sourceOf(request).body as ReadableStream<Uint8Array>).getReader()
  const drop = (): void => {
    kept.free()
    void reader.cancel().catch(() => {})
  }
  const holding = bytesInFlight.open(drop)
  body.holding = holding
  const kept = new EndsOfBody(ends, holding)
  try {
    for (let size = 0; ; ) {
      const { done, value } = await reader.read()
      if (!holding.isOpen) throw new BusyError()
      if (done) return kept.take()
      size += value.length
      if (size > body.bytesMax) throw new TooLongError()
      kept.add(value)
      free(value)
    }
  } catch (error) {
    drop()
    throw error
  }
}

// Without this, the data of a fast sender stays in memory until the garbage collector runs: 100 MB and more.
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/**
 * Collects the two ends of a stream in one buffer of `limit` bytes. Behind the beginning the buffer is a ring: with a
 * limit of 10 and a beginning of 4, byte 10 of the stream takes the place of byte 4. Chunks are copied, because a part
 * of one would keep all of it in memory.
 */
class EndsOfBody {
  readonly #limit: number
  readonly #headBytes: number
  readonly #holding: Reservation
  #buffer = new ArrayBuffer(0)
  #size = 0

  constructor({ limit, headBytes }: Ends, holding: Reservation) {
    this.#limit = limit
    this.#headBytes = headBytes
    this.#holding = holding
  }

  /** Throws `BusyError`. */
  add(chunk: Uint8Array): void {
    const fitting = chunk.subarray(0, Math.max(0, this.#limit - this.#size))
    if (fitting.length > 0) {
      this.#grow(this.#size + fitting.length)
      new Uint8Array(this.#buffer).set(fitting, this.#size)
      this.#size += fitting.length
    }
    this.#overwrite(chunk.subarray(fitting.length))
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

  // `transfer` frees the old buffer at once instead of leaving it to the garbage collector.
  #resize(bytes: number): void {
    if (!this.#holding.resize(bytes)) throw new BusyError()
    this.#buffer = this.#buffer.transfer(bytes)
  }
}

function bodyOf(request: Known): Incoming {
  request[BODY] ??= { bytesMax: BODY_MAX, isRefused: false, isRead: false, holding: null }
  return request[BODY]
}
