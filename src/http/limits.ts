import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { durationInWords, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'

/** How often something may be tried, by whom; it forgets when the process ends. */
export interface Limit {
  /** Counts one try. Throws too_many, with a sentence that says when to come back. */
  take(who: string): Promise<void>
  /** Takes one try back: it was a good one. */
  giveBack(who: string): Promise<void>
}

export function createLimit({ tries, withinMs }: { tries: number; withinMs: number }): Limit {
  const limiter = new RateLimiterMemory({ points: tries, duration: withinMs / SECOND })
  return {
    take: async (who) => {
      await limiter.consume(who).catch(refuse)
    },
    giveBack: async (who) => {
      await limiter.reward(who)
    },
  }
}

/** IPv6 addresses of one household count as one: everybody has 2^64 of them. */
export function neighbourhood(address: string | null): string {
  if (address === null) return 'unknown'
  if (!address.includes(':') || address.startsWith('::ffff:')) return address.replace('::ffff:', '')
  const [head = ''] = address.split('::')
  return head.split(':').slice(0, 4).join(':')
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason
  const wait = durationInWords(Math.max(MINUTE, Math.ceil(reason.msBeforeNext / MINUTE) * MINUTE))
  throw new AppError('too_many', `That was tried too often. Come back in ${wait}.`)
}
