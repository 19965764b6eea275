// Decodes HTTP content encodings up to a size limit, because a few bytes can expand to gigabytes.
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }

const STARTERS = {
  gzip: () => createGunzip(FLUSH),
  // Some senders omit the zlib header that the standard requires.
  deflate: (bytes: Uint8Array) => (hasZlibHeader(bytes) ? createInflate(FLUSH) : createInflateRaw(FLUSH)),
  br: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress(),
}

export type ContentEncoding = keyof typeof STARTERS

/** Null when there is no encoding or it is not supported. */
export function contentEncodingOf(header: string | null): ContentEncoding | null {
  const name = (header ?? '').trim().toLowerCase().replace(/^x-/, '')
  return Object.hasOwn(STARTERS, name) ? (name as ContentEncoding) : null
}

/** The bytes are not in the encoding. */
export class UndecodableError extends Error {}

/**
 * Yields the first `limit` decompressed bytes in pieces, or fewer when the input ends early or is damaged. Throws
 * `UndecodableError` when the bytes are not in this encoding.
 */
export async function* decompress(
  bytes: Uint8Array,
  { encoding, limit }: { encoding: ContentEncoding; limit: number },
): AsyncGenerator<Uint8Array> {
  const stream = STARTERS[encoding](bytes)
  stream.end(bytes)
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, limit - size)
      size += part.length
      yield part
      if (size >= limit) return
    }
  } catch (error) {
    if (size === 0) throw new UndecodableError('The bytes are not in this encoding.', { cause: error })
  }
}

function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}
