// Detects concurrent edits: a form carries a fingerprint of the values that it was rendered from.
import { sha1Hex } from '#lib/tokens.ts'

/** Editable values with their labels, always in the same order. */
export type Facets = readonly (readonly [name: string, value: unknown])[]

const LENGTH = 10

/** A short hash of each value: long enough to detect a change, too short to reveal the value. */
export function fingerprintOf(facets: Facets): string {
  return facets.map(([, value]) => sha1Hex(JSON.stringify(value ?? null)).slice(0, LENGTH)).join('.')
}

/** The labels of the values that changed since the fingerprint was taken. */
export function changedSince(fingerprint: string, facets: Facets): string[] {
  const before = fingerprint.split('.')
  const now = fingerprintOf(facets).split('.')
  return facets.flatMap(([name], index) => (before[index] === now[index] ? [] : [name]))
}
