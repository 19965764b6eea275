import { writeSync } from 'node:fs'
import { codeOf } from './files.ts'

const STANDARD_OUTPUT = 1
const RETRY_MS = 1

/**
 * Writes all of it to standard output, however slowly that takes it. Throws what the system says; of a reader that has
 * gone nothing.
 */
export function writeToStdout(text: string): void {
  let rest = new TextEncoder().encode(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest))
    } catch (error) {
      if (codeOf(error) === 'EPIPE') return
      if (codeOf(error) !== 'EAGAIN') throw error
      Bun.sleepSync(RETRY_MS)
    }
  }
}
