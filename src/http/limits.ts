import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { isLoopback, withoutMapping } from '#lib/addresses.ts'
import { durationInWords, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'

/** How often something may be tried, by whom (null: by somebody who is not counted); a process that ends forgets it. */
export interface Limit {
  /** Counts one try. Throws too_many, with a sentence that says when to come back. */
  take(who: string | null): Promise<void>
  /** Takes one try back: it was a good one. */
  giveBack(who: string | null): Promise<void>
}

export function createLimit({ tries, withinMs }: { tries: number; withinMs: number }): Limit {
  const limiter = new RateLimiterMemory({ points: tries, duration: withinMs / SECOND })
  // Who it was may be whatever a stranger typed, 64 kB of it: only its hash is kept.
  return {
    take: async (who) => {
      if (who !== null) await limiter.consume(sha256Hex(who)).catch(refuse)
    },
    giveBack: async (who) => {
      if (who !== null) await limiter.reward(sha256Hex(who))
    },
  }
}

const IPV6_GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Whom tries from an address are counted for. IPv6 addresses of one household count as one: everybody has 2^64 of them.
 * Null for this machine itself: behind a proxy that is not trusted that is everybody, and one would lock out all.
 */
export function neighbourhood(address: string | null): string | null {
  if (address === null) return 'unknown'
  if (isLoopback(address)) return null
  const plain = withoutMapping(address)
  if (!plain.includes(':')) return plain
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':'))
  const gap = Array<string>(Math.max(0, IPV6_GROUPS - head.length - tail.length)).fill('0')
  return [...head, ...gap, ...tail].slice(0, NETWORK_GROUPS).join(':').toLowerCase()
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason
  const wait = durationInWords(Math.max(MINUTE, Math.ceil(reason.msBeforeNext / MINUTE) * MINUTE))
  throw new AppError('too_many', `That was tried too often. Come back in ${wait}.`)
}
