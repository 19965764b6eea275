import { readFileSync, writeFileSync } from 'node:fs'
import { chownLike, codeOf, dropDraft, folderOf, makeDraft, publishDraft } from './files.ts'

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
  const draft = makeDraft(path)
  try {
    writeFileSync(draft, `${make()}\n`)
    chownLike(folderOf(path), draft)
    publishDraft(draft, path)
  } finally {
    dropDraft(draft)
  }
  return readFileSync(path, 'utf8').trim()
}
