import { readFileSync, writeFileSync } from 'node:fs'
import { chownLike, codeOf, dropDraft, folderOf, makeDraft, publishDraft } from './files.ts'

/**
 * Reads the secret in a file, and creates it with mode 0600 when it is missing. The file appears atomically, so that
 * two processes that start at the same time read the same secret.
 */
export function loadOrCreateSecret(path: string, make: () => string): string {
  const secret = readSecretIfThere(path)
  if (secret !== null) return secret
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

/** Null when the file does not exist. */
export function readSecretIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}
