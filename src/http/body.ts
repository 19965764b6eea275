// Reads the bodies of requests. One budget for all connections bounds what they hold in memory.
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
/** A body up to this size is read to its end whatever the answer is, so that the connection can be used again. */
const SHORT_MAX = 64 * KIB
const FIRST_BYTES = 16 * KIB

/** What unanswered requests and unfinished mails hold in memory, together. */
export const bytesInFlight = createByteBudget(
  { bytesMax: 64 * MIB, reservedForSmall: 8 * MIB, smallMax: SHORT_MAX },
  systemClock.elapsed,
)

const BODY = Symbol('body')

/** What becomes of the body of one request. */
interface Body {
  bytesMax: number
  isRefused: boolean
  isRead: boolean
  holding: Reservation | null
}

interface Known extends Request {
  [BODY]?: Body
}

/** Bun drops what is sent with other methods. */
export function mayHaveBody({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** Whether a body comes with it that is long, or that doesn't say how long it is. */
export function hasLongBody(request: Request): boolean {
  if (!mayHaveBody(request)) return false
  const size = request.headers.get('content-length')
  return size === null ? sourceOf(request).body !== null : Number(size) > SHORT_MAX
}

/** Lets the body of a request be longer than `BODY_MAX`. */
export function allowBody(request: Request, bytesMax: number): void {
  bodyOf(request).bytesMax = bytesMax
}

/** The body is not needed: reading it throws not_found. */
export function refuseBody(request: Request): void {
  bodyOf(request).isRefused = true
}

/** Answers a request. What is held of its body is held until then; a sender who is still sending is cut off. */
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
 * The first `limit` bytes of the body, as they came; the rest is read and dropped, so that the sender can finish before
 * it gets its answer. Throws `BusyError` when memory is short, `TooLongError`, and not_found for a refused body.
 */
export async function readHead(request: Request, limit: number): Promise<Uint8Array> {
  if (sourceOf(request).body === null) return new Uint8Array()
  const body = bodyOf(request)
  const size = Number(request.headers.get('content-length') ?? Number.NaN)
  if (body.isRefused) throw new AppError('not_found', 'not found')
  if (size > body.bytesMax) throw new TooLongError()
  const head = size <= Math.min(limit, SHORT_MAX) ? await readShort(request, size) : await readLong(request, limit)
  body.isRead = true
  body.holding?.settle()
  return head
}

async function readShort(request: Request, size: number): Promise<Uint8Array> {
  const body = bodyOf(request)
  const evicted = Promise.withResolvers<never>()
  body.holding = bytesInFlight.open(() => evicted.reject(new BusyError()))
  if (!body.holding.resize(size)) throw new BusyError()
  return new Uint8Array(await Promise.race([sourceOf(request).arrayBuffer(), evicted.promise]))
}

async function readLong(request: Request, limit: number): Promise<Uint8Array> {
  const body = bodyOf(request)
  const reader = (sourceOf(request).body as ReadableStream<Uint8Array>).getReader()
  const drop = (): void => {
    head.free()
    void reader.cancel().catch(() => {})
  }
  const holding = bytesInFlight.open(drop)
  body.holding = holding
  const head = new Head(limit, holding)
  try {
    for (let size = 0; ; ) {
      const { done, value } = await reader.read()
      if (!holding.isOpen) throw new BusyError()
      if (done) return head.take()
      size += value.length
      if (size > body.bytesMax) throw new TooLongError()
      head.add(value)
      free(value)
    }
  } catch (error) {
    drop()
    throw error
  }
}

// Without this, what a fast sender sends waits for the garbage collector: 100 MB and more.
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

// The chunks are copied: a part of one would keep all of it in memory.
class Head {
  readonly #limit: number
  readonly #holding: Reservation
  #buffer = new ArrayBuffer(0)
  #size = 0

  constructor(limit: number, holding: Reservation) {
    this.#limit = limit
    this.#holding = holding
  }

  /** Throws `BusyError`. */
  add(chunk: Uint8Array): void {
    const part = chunk.subarray(0, this.#limit - this.#size)
    const size = this.#size + part.length
    if (size > this.#buffer.byteLength)
      this.#resize(Math.min(this.#limit, Math.max(size, 2 * this.#buffer.byteLength, FIRST_BYTES)))
    new Uint8Array(this.#buffer).set(part, this.#size)
    this.#size = size
  }

  take(): Uint8Array {
    this.#resize(this.#size)
    return new Uint8Array(this.#buffer)
  }

  free(): void {
    this.#buffer = this.#buffer.transfer(0)
  }

  // `transfer` frees the old buffer at once instead of leaving it to the garbage collector.
  #resize(bytes: number): void {
    if (!this.#holding.resize(bytes)) throw new BusyError()
    this.#buffer = this.#buffer.transfer(bytes)
  }
}

function bodyOf(request: Known): Body {
  request[BODY] ??= { bytesMax: BODY_MAX, isRefused: false, isRead: false, holding: null }
  return request[BODY]
}
