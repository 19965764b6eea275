// Masks secrets in what jobs sent, before anyone else than members of the project sees it.
import type { Excerpt } from '#domain/notification.ts'
import { type CutEnds, possibleKeys, redact } from '#domain/secrets.ts'
import { plainOutput } from '#lib/plain-output.ts'
import { listKeysAmong } from '#store/bodies.ts'
import type { Reader } from '#store/database.ts'
import { findHiddenWords, findProject } from '#store/projects.ts'
import type { Output } from '#words/message.ts'

/** Returns a function that masks secrets in texts from this project. */
export function redactorFor(reader: Reader, projectId: string): (text: string, cut: CutEnds) => string {
  const pingKey = findProject(reader, projectId)?.pingKey ?? ''
  const words = findHiddenWords(reader, projectId)
  return (sent, cut) => {
    // Undeclared UTF-16 has a NUL after each letter, which would hide a key from the search.
    const text = sent.replaceAll(/(?<=[ -~])\0(?=[ -~])/g, '')
    return redact(text, { keys: [pingKey, ...listKeysAmong(reader, { projectId, ...possibleKeys(text) })], words, cut })
  }
}

/** The output of a notification as messages and viewers see it; null if nothing of it is left. */
export function redactedOutput(
  reader: Reader,
  { projectId, excerpt }: { projectId: string; excerpt: Excerpt },
): Output | null {
  return outputWith(excerpt, redactorFor(reader, projectId))
}

/** The same for members, who see all of it. */
export function wholeOutput(excerpt: Excerpt): Output | null {
  return outputWith(excerpt, (text) => text)
}

function outputWith({ text, cut }: Excerpt, hide: (text: string, cut: CutEnds) => string): Output | null {
  const shown = hide(plainOutput(text), cut)
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
  return shown === '' ? null : { text: shown, isCut: cut.start }
}
