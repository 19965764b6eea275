// Token buckets: how many messages a destination accepts.

/** A bucket holds `burst` messages when it is full, and gains one every `perMs`. */
export interface RateLimit {
  /** Channels with the same key share the bucket. */
  key: string
  burst: number
  perMs: number
}

/** By key: when the bucket is full again, in milliseconds of a monotonic clock. */
export type Buckets = Map<string, number>

/** How many messages may leave now. Infinity without a limit. */
export function allowanceOf(buckets: Buckets, limits: readonly RateLimit[], now: number): number {
  const left = limits.map(({ key, burst, perMs }) => {
    const missing = Math.max(0, (buckets.get(key) ?? now) - now) / perMs
    return Math.max(0, Math.floor(burst - missing))
  })
  return Math.min(...left)
}

/** Takes one message from each bucket. */
export function takeOne(buckets: Buckets, limits: readonly RateLimit[], now: number): void {
  for (const { key, perMs } of limits) buckets.set(key, Math.max(now, buckets.get(key) ?? now) + perMs)
}
