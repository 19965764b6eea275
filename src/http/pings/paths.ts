// Tells the ping URLs of Healthchecks from addresses of pages.
import { GIVEN_KEY_MIN, GIVEN_PING_KEY_MAX } from '#domain/keys.ts'
import { SIGNAL_NAMES } from '#lib/signals.ts'
import { UUID } from './report.ts'

// If a signal ended the job, systemd's EXIT_STATUS contains the signal's name, as in /TERM.
export const ENDING = `/(start|fail|log|[0-9]+|${SIGNAL_NAMES.join('|').replaceAll('+', '\\+')})`

const BY_UUID = new RegExp(`^/${UUID}(?:/|$)`)
/** A first segment that is shorter than any ping key is a mistyped address of a page. Pages have only short ones. */
const BY_SLUG = new RegExp(`^/[A-Za-z0-9_-]{${GIVEN_KEY_MIN},${GIVEN_PING_KEY_MAX}}/[A-Za-z0-9_-]+(?:${ENDING})?$`)

/** Whether a path at the root is a ping URL, with a UUID or with a ping key and slug, and not a page. */
export function isPingAtRoot(path: string): boolean {
  return BY_UUID.test(path) || BY_SLUG.test(path)
}
