// Limits pings to unknown URLs, so that ping URLs can't be guessed.
import { type PingAddress, wasPingedFrom } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { isGuessable } from '#domain/monitor.ts'
import { BoundedLimiter, networkOf } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { SECOND } from '#lib/duration.ts'
import { TEXT } from './report.ts'

export interface Guesses {
  /**
   * Counts a ping to a guessable alias as an attempt. After too many attempts the ping is refused, unless the monitor
   * was pinged from the same network before.
   */
  refuse(request: Request, address: PingAddress | null): Promise<Response | null>
  /** Counts a ping to an unknown URL. After too many, the response is a 429. Pings to known URLs are never refused. */
  count(request: Request, response: Response): Promise<Response>
}

/** The limit for a network. */
export const GUESSES_MAX = 100
const WITHIN_SECONDS = 60
const NOT_FOUND = [401, 404]

export function createGuesses(deps: Pick<Deps, 'db' | 'log'>): Guesses {
  const limiter = new BoundedLimiter({ points: GUESSES_MAX, duration: WITHIN_SECONDS })
  // The seconds to wait after too many attempts; null if there weren't too many.
  const countAttempt = async (network: string): Promise<number | null> => {
    const { consumedPoints, msBeforeNext } = await limiter.penalty(network, 1)
    if (consumedPoints === GUESSES_MAX + 1) {
      deps.log.warn('Too many pings from one network to unknown URLs: further ones get 429', { network })
    }
    return consumedPoints > GUESSES_MAX ? Math.max(1, Math.ceil(msBeforeNext / SECOND)) : null
  }
  return {
    refuse: async (request, address) => {
      const network = networkOf(peerOf(request))
      if (network === null || address === null || !('token' in address) || !isGuessable(address.token)) return null
      const waitSeconds = await countAttempt(network)
      const isFromNetwork = (sender: string | null): boolean => networkOf(sender) === network
      if (waitSeconds === null || wasPingedFrom(deps, { token: address.token, isFromNetwork })) return null
      return tooMany(waitSeconds)
    },
    count: async (request, response) => {
      const network = NOT_FOUND.includes(response.status) ? networkOf(peerOf(request)) : null
      const waitSeconds = network === null ? null : await countAttempt(network)
      return waitSeconds === null ? response : tooMany(waitSeconds)
    },
  }
}

function tooMany(waitSeconds: number): Response {
  return new Response('too many pings to unknown URLs', {
    status: 429,
    headers: { 'Content-Type': TEXT, 'Retry-After': String(waitSeconds) },
  })
}
