/** "99.98%", cut and not rounded: "100%" says that there was no downtime at all. */
export function percentInWords(ratio: number | null): string {
  if (ratio === null) return 'no data'
  if (ratio === 0 || ratio === 1) return `${ratio * 100}%`
  // 0.57 * 10000 comes out just below 5700; what is added is less than a millisecond makes in a century.
  return `${(Math.floor(ratio * 10_000 + 1e-9) / 100).toFixed(2)}%`
}
