import { readFileSync } from 'node:fs'

/** A file that the compiler embedded, by the path that importing it gave. */
export function readEmbedded(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path))
}
