import { writeSync } from 'node:fs'
import { codeOf } from './files.ts'

const STANDARD_OUTPUT = 1
const RETRY_MS = 1

/** Writes the whole text to standard output, even to a slow pipe. Stops silently when the reader has closed it. */
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
