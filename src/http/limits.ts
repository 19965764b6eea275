// How often something may be tried. A limit that one number counts for everybody would let a stranger lock others out,
// so tries are counted by who is concerned and from where they come.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { isLocal, isLoopback, unmapIpv4 } from '#lib/addresses.ts'
import { durationInWords, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'

/** Counts tries; a process that ends forgets them. */
export interface Limit<Who = string> {
  /** Counts one try. Throws too_many, with a sentence that says when to come back. */
  take(who: Who): Promise<void>
  /** Takes one try back: it was a good one. */
  giveBack(who: Who): Promise<void>
}

interface Measure {
  tries: number
  withinMs: number
}

/** A stranger may come from a million networks, and type a million addresses. */
export const KEYS_MAX = 10_000

/** Remembers `KEYS_MAX` keys at most: the one that was counted longest ago makes room for a new one. */
export class BoundedLimiter extends RateLimiterMemory {
  readonly #keys = new Set<string>()

  override consume(...[key, ...rest]: Parameters<RateLimiterMemory['consume']>) {
    this.#makeRoom(String(key))
    return super.consume(key, ...rest)
  }

  override penalty(...[key, ...rest]: Parameters<RateLimiterMemory['penalty']>) {
    this.#makeRoom(String(key))
    return super.penalty(key, ...rest)
  }

  #makeRoom(key: string): void {
    this.#keys.delete(key)
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size <= KEYS_MAX || oldest === undefined) return
    this.#keys.delete(oldest)
    void this.delete(oldest)
  }
}

export function createLimit({ tries, withinMs }: Measure): Limit {
  const limiter = new BoundedLimiter({ points: tries, duration: withinMs / SECOND })
  // Who it was may be whatever a stranger typed, 64 kB of it: only its hash is kept.
  return {
    take: async (who) => {
      await limiter.consume(sha256Hex(who)).catch(refuse)
    },
    giveBack: async (who) => {
      const key = sha256Hex(who)
      if ((await limiter.get(key)) !== null) await limiter.reward(key)
    },
  }
}

/** An address that many may stand behind, and a whole site with IPv6, have this many times the tries. */
const SHARED_FACTOR = 50
const SITE_FACTOR = 10

/**
 * Counts by network. Behind a proxy that is not trusted, everybody has its address, and one must not lock out all: so
 * an address that a proxy may have gets more tries.
 */
export function createNetworkLimit({ tries, withinMs }: Measure): Limit<string | null> {
  const networks = createLimit({ tries, withinMs })
  const sites = createLimit({ tries: tries * SITE_FACTOR, withinMs })
  const shared = createLimit({ tries: tries * SHARED_FACTOR, withinMs })
  const counted = (address: string | null): [Limit, string][] => {
    const network = neighbourhood(address)
    if (mayBeShared(address)) return [[shared, network]]
    const site = network.includes(':') ? network.split(':', SITE_GROUPS).join(':') : null
    return [[networks, network], ...(site === null ? [] : ([[sites, site]] as [Limit, string][]))]
  }
  return ofAll(counted)
}

/** A try that concerns an account. `device`: the browser, when this account was signed in there before. */
export interface AccountTry {
  account: string
  address: string | null
  device: string | null
}

/**
 * Counts by account and network, and by account for all networks together (`ceiling`). A browser in which the account
 * was signed in before is counted for itself: whatever others do, its owner is not locked out there.
 */
export function createAccountLimit({ ceiling, ...measure }: Measure & { ceiling: number }): Limit<AccountTry> {
  const devices = createLimit(measure)
  const places = createLimit(measure)
  const everywhere = createLimit({ tries: ceiling, withinMs: measure.withinMs })
  return ofAll(({ account, address, device }) =>
    device === null
      ? [
          [places, `${account} ${neighbourhood(address)}`],
          [everywhere, account],
        ]
      : [[devices, `${account} ${device}`]],
  )
}

function ofAll<Who>(counted: (who: Who) => [Limit, string][]): Limit<Who> {
  return {
    take: async (who) => {
      for (const [limit, key] of counted(who)) await limit.take(key)
    },
    giveBack: async (who) => {
      for (const [limit, key] of counted(who)) await limit.giveBack(key)
    },
  }
}

const IPV6_GROUPS = 8
const NETWORK_GROUPS = 4
const SITE_GROUPS = 3

/** Whom tries from an address are counted for. IPv6 addresses of one household count as one: everybody has 2^64. */
export function neighbourhood(address: string | null): string {
  if (address === null) return 'unknown'
  if (isLoopback(address)) return 'this machine'
  const plain = unmapIpv4(address)
  if (!plain.includes(':')) return plain
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':'))
  const gap = Array<string>(Math.max(0, IPV6_GROUPS - head.length - tail.length)).fill('0')
  return [...head, ...gap, ...tail].slice(0, NETWORK_GROUPS).join(':').toLowerCase()
}

/** A proxy has it perhaps: one on this machine or in a local network, or one that speaks over the unix socket. */
function mayBeShared(address: string | null): boolean {
  return address === null || isLocal(address)
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason
  const wait = durationInWords(Math.max(MINUTE, Math.ceil(reason.msBeforeNext / MINUTE) * MINUTE))
  throw new AppError('too_many', `That was tried too often. Come back in ${wait}.`)
}
