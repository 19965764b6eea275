// Reads text from standard input or a named pipe to its end, up to a limit.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { codeOf } from './files.ts'

const CHUNK_BYTES = 65_536
const POLL_MS = 20
/** How long to wait for a writer to open the other end. */
const WRITER_WAIT_MS = 5000

/** Null when there are more than `max` bytes. */
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

/** Reads a named pipe. Null when there are more than `max` bytes; '' when no writer opens it within some seconds. */
export async function readPipe(
  path: string,
  { max, writerWaitMs = WRITER_WAIT_MS }: PipeLimits,
): Promise<string | null> {
  // A blocking open would wait for a writer forever.
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

/** Null when a writer has sent nothing yet. Empty when there is no writer, or no longer one. */
function readChunk(file: number): Buffer | null {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  try {
    return buffer.subarray(0, readSync(file, buffer))
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return null
    throw error
  }
}
