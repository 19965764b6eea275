import { cutBody, type KeptBody, PLAIN } from '#domain/body.ts'
import { findBody } from '#store/bodies.ts'
import type { Reader } from '#store/database.ts'

/** The stored bytes of a body: its head and its tail. */
export function storedBytes(reader: Reader, ping: { monitorId: number; number: number }): Uint8Array | null {
  const kept = findBody(reader, ping)
  return kept && new Uint8Array(Buffer.concat([kept.body.head, kept.body.tail]))
}

/** A body in UTF-8 that is not cut. */
export function wholeBody(content: string | Uint8Array = ''): KeptBody {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { body: cutBody(bytes, bytes.length), reading: PLAIN }
}
