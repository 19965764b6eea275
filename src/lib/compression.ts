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

/**
 * Returns the first `limit` decompressed bytes, or fewer when the input ends early. Null when the bytes are not in this
 * encoding.
 */
export function decompress(
  bytes: Uint8Array,
  { encoding, limit }: { encoding: ContentEncoding; limit: number },
): Promise<Uint8Array | null> {
  const stream = STARTERS[encoding](bytes)
  const parts: Uint8Array[] = []
  let size = 0
  return new Promise((resolve) => {
    const end = (): void => {
      stream.destroy()
      resolve(new Uint8Array(Buffer.concat(parts)))
    }
    stream.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, limit - size)
      size += part.length
      parts.push(part)
      if (size >= limit) end()
    })
    stream.on('end', end)
    stream.on('error', () => (size > 0 ? end() : resolve(null)))
    stream.end(bytes)
  })
}

function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}
