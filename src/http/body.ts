// Reads the bodies of requests. One budget for all connections bounds what they hold in memory.
import { type Body, NO_BODY } from '#domain/body.ts'
import { createByteBudget, type Reservation } from '#lib/byte-budget.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError, BusyError, TooLongError } from '#lib/errors.ts'
import { type BodyEnds, BodyMemory, type BodySink } from './body-memory.ts'
import { sourceOf } from './url.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** The longest body of a ping; a longer one is answered with 413. */
export const PING_BODY_MAX = 16 * MIB
/** The longest body of every other request. */
export const BODY_MAX = MIB
/** A body up to this size is read to its end even if it isn't needed, so that the connection can be reused. */
const SHORT_MAX = 64 * KIB

/** The memory that large ones may use together. */
export const LARGE_BODIES_MAX = 32 * MIB
const RESERVED_FOR_SMALL = 8 * MIB

/** The memory that all unanswered requests and unfinished emails together may use for bodies. */
export const bytesInFlight = createByteBudget(
  { bytesMax: LARGE_BODIES_MAX + RESERVED_FOR_SMALL, reservedForSmall: RESERVED_FOR_SMALL, smallMax: SHORT_MAX },
  systemClock.elapsed,
)

const BODY = Symbol('body')

/** The state of a request's body. */
interface Incoming {
  bytesMax: number
  isRefused: boolean
  isRead: boolean
  holding: Reservation | null
  memory: BodyMemory | null
  /** Stops reading. */
  onEvict: () => void
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
  return (await readCollected(request, { limit, collect: (memory) => memory.head(limit) })).head
}

/** All of the body up to `limit` bytes; of a longer one its beginning and its end. Throws as `readHead`. */
export function readCut(request: Request, limit: number): Promise<Body> {
  return readCollected(request, { limit, collect: (memory) => memory.ends(limit) })
}

async function readCollected(
  request: Request,
  { limit, collect }: { limit: number; collect: (memory: BodyMemory) => BodyEnds },
): Promise<Body> {
  if (sourceOf(request).body === null) return NO_BODY.body
  if (isShort(request, limit)) return { ...NO_BODY.body, head: await readShort(request) }
  const ends = collect(memoryOf(request))
  await readInto(request, ends)
  return ends.take()
}

/** Reads the body to its end and passes it on in pieces. Throws as `readHead`. */
export async function readInto(request: Request, sink: BodySink): Promise<void> {
  if (sourceOf(request).body === null) return
  if (isShort(request, SHORT_MAX)) await sink.add(await readShort(request))
  else await readLong(request, sink)
}

/** The memory for what is kept of the body. */
export function memoryOf(request: Request): BodyMemory {
  const body = bodyOf(request)
  body.holding ??= bytesInFlight.open(() => body.onEvict())
  body.memory ??= new BodyMemory(body.holding)
  return body.memory
}

// False if the length is unknown. Throws for a body that may not be read.
function isShort(request: Request, limit: number): boolean {
  const { isRefused, bytesMax } = bodyOf(request)
  const size = lengthOf(request)
  if (isRefused) throw new AppError('not_found', 'not found')
  if (size > bytesMax) throw new TooLongError()
  return size <= Math.min(limit, SHORT_MAX)
}

function lengthOf({ headers }: Request): number {
  return Number(headers.get('content-length') ?? Number.NaN)
}

async function readShort(request: Request): Promise<Uint8Array> {
  const body = bodyOf(request)
  const evicted = Promise.withResolvers<never>()
  body.onEvict = () => evicted.reject(new BusyError())
  memoryOf(request).count(lengthOf(request))
  const bytes = new Uint8Array(await Promise.race([sourceOf(request).arrayBuffer(), evicted.promise]))
  setRead(body)
  return bytes
}

async function readLong(request: Request, sink: BodySink): Promise<void> {
  const body = bodyOf(request)
  const memory = memoryOf(request)
  const reader = (sourceOf(request).body as ReadableStream<Uint8Array>).getReader()
  const cancel = (): void => void reader.cancel().catch(() => {})
  body.onEvict = cancel
  try {
    for (let size = 0; ; ) {
      const { done, value } = await reader.read()
      if (body.holding?.isOpen === false) throw new BusyError()
      if (done) break
      size += value.length
      if (size > body.bytesMax) throw new TooLongError()
      await sink.add(value)
      free(value)
    }
    setRead(body)
  } catch (error) {
    memory.free()
    cancel()
    throw error
  }
}

function setRead(body: Incoming): void {
  body.isRead = true
  body.holding?.settle()
}

// Without this, the data of a fast sender stays in memory until the garbage collector runs: 100 MB and more.
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

function bodyOf(request: Known): Incoming {
  request[BODY] ??= {
    bytesMax: BODY_MAX,
    isRefused: false,
    isRead: false,
    holding: null,
    memory: null,
    onEvict: () => {},
  }
  return request[BODY]
}
