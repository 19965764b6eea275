// Text that comes through a pipe or from a terminal: to its end, but no more than somebody can mean.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf } from './files.ts'

const CHUNK_BYTES = 65_536
const POLL_MS = 20
/** How long to wait for somebody to open the other end. */
const WRITER_WAIT_MS = 5000

/** Null when there is more than `max` bytes. */
export async function readStream(stream: ReadableStream<Uint8Array>, max: number): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > max) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * All that comes through a pipe that has a name. Null when there is more than `max` bytes; '' when nobody opens its
 * other end for some seconds, for then nobody may ever do so.
 */
export async function readPipe(
  path: string,
  { max, writerWaitMs = WRITER_WAIT_MS }: PipeLimits,
): Promise<string | null> {
  // Otherwise opening it would wait for a writer, for ever.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const waitMaxMs = fstatSync(file).isFIFO() ? writerWaitMs : 0
    const chunks: Buffer[] = []
    let size = 0
    for (let waitedMs = 0; ; ) {
      const chunk = readChunk(file)
      if (chunk !== null && chunk.length > 0) {
        size += chunk.length
        if (size > max) return null
        chunks.push(chunk)
        continue
      }
      const isAtEnd = chunk !== null
      if (isAtEnd && (size > 0 || waitedMs >= waitMaxMs)) return Buffer.concat(chunks).toString('utf8')
      await Bun.sleep(POLL_MS)
      if (isAtEnd) waitedMs += POLL_MS
    }
  } finally {
    closeSync(file)
  }
}

interface PipeLimits {
  max: number
  writerWaitMs?: number
}

/** Null: there is a writer, and nothing yet. Empty: there is no writer, or no more. */
function readChunk(file: number): Buffer | null {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  try {
    return buffer.subarray(0, readSync(file, buffer))
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return null
    throw error
  }
}
