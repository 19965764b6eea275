// Where Healthchecks clients ping, and what is a page there.
import { GIVEN_KEY_MIN, GIVEN_PING_KEY_MAX } from '#domain/keys.ts'
import { SIGNAL_NAMES } from '#lib/signals.ts'
import { UUID } from './report.ts'

// systemd has the name of a signal in EXIT_STATUS, as in /TERM, when it was one that ended the job.
export const ENDING = `/(start|fail|log|[0-9]+|${SIGNAL_NAMES.join('|').replaceAll('+', '\\+')})`

const BY_UUID = new RegExp(`^/${UUID}(?:/|$)`)
/** A shorter word before a slash is a mistyped address of a page: no ping key is shorter, and no page's word longer. */
const BY_SLUG = new RegExp(`^/[A-Za-z0-9_-]{${GIVEN_KEY_MIN},${GIVEN_PING_KEY_MAX}}/[A-Za-z0-9_-]+(?:${ENDING})?$`)

/** Whether a path at the root is a ping URL, by UUID or by ping key and slug, and cannot be a page. */
export function isPingAtRoot(path: string): boolean {
  return BY_UUID.test(path) || BY_SLUG.test(path)
}
