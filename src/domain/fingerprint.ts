// How a form knows that somebody changed what it shows: it carries the fingerprint of what it was made from.
import { AppError } from '#lib/errors.ts'
import { sha1Hex } from '#lib/tokens.ts'

/** What a person may change, by the name that they know it by; the order is the same each time. */
export type Facets = readonly (readonly [name: string, value: unknown])[]

const LENGTH = 10

/** A few signs for each facet: enough to tell a change from none, too few to tell the value. */
export function fingerprintOf(facets: Facets): string {
  return facets.map(([, value]) => sha1Hex(JSON.stringify(value)).slice(0, LENGTH)).join('.')
}

/** What is told to somebody who did not see what somebody else changed. */
export function changedMeanwhile(what: string, changed: readonly string[]): AppError {
  return new AppError(
    'conflict',
    `Somebody else changed this ${what} while you were editing it. Different by now: ${changed.join(', ')}. ` +
      'What you typed is still here: save it again to put it in the place of that, or cancel to see what is there.',
  )
}

/** The names of what is different from when the fingerprint was taken. */
export function changedSince(fingerprint: string, facets: Facets): string[] {
  const before = fingerprint.split('.')
  const now = fingerprintOf(facets).split('.')
  return facets.flatMap(([name], index) => (before[index] === now[index] ? [] : [name]))
}
