import { readFileSync } from 'node:fs'

/** Reads a file that the compiler embedded. `path` is what importing the file returned. */
export function readEmbedded(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path))
}
