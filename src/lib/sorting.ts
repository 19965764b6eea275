/** @NOTE assets/live.js sorts rows in the same order. */
const collator = new Intl.Collator('en', { numeric: true })

/** Sorts names as people expect: É next to E, "job 2" before "job 10". */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b)
}
