import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { newUuid } from './tokens.ts'

/**
 * Reads the secret in a file; makes it first when there is none, for its owner alone. It appears whole or not at all,
 * and of two processes that begin at the same moment both read the same one.
 */
export function keepSecret(path: string, make: () => string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const draft = `${path}.${newUuid()}`
  writeDurably(draft, `${make()}\n`)
  publish(draft, path)
  rmSync(draft, { force: true })
  return readFileSync(path, 'utf8').trim()
}

// A link never replaces what is there already. Where a file system knows no links, the last one to come wins.
function publish(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') renameSync(draft, path)
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600)
  writeSync(file, text)
  fsyncSync(file)
  closeSync(file)
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
