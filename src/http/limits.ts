// Rate limits. One counter for all users would let a stranger lock everyone out, so attempts are counted by account and
// by network.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { isLocal, isLoopback, unmapIpv4 } from '#lib/addresses.ts'
import { durationInWords, MINUTE, SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { sha256Hex } from '#lib/tokens.ts'

/** Counts attempts, in memory only. */
export interface Limit<Who = string> {
  /** Counts one attempt. Throws `too_many` with a message that says when to try again. */
  take(who: Who): Promise<void>
  /** Uncounts an attempt that succeeded. */
  refund(who: Who): Promise<void>
}

interface Measure {
  tries: number
  withinMs: number
  /** The noun in the error; "attempts" by default. */
  what?: string
}

/** Limits memory: a stranger may use a million networks and type a million addresses. */
export const KEYS_MAX = 10_000

/** Keeps at most `KEYS_MAX` keys. The least recently counted one is dropped first. */
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

export function createLimit({ tries, withinMs, what = 'attempts' }: Measure): Limit {
  const limiter = new BoundedLimiter({ points: tries, duration: withinMs / SECOND })
  // The key may be anything that a stranger typed, up to 64 kB, so only its hash is kept.
  return {
    take: async (who) => {
      await limiter.consume(sha256Hex(who)).catch((reason) => refuse(reason, what))
    },
    refund: async (who) => {
      const key = sha256Hex(who)
      if ((await limiter.get(key)) !== null) await limiter.reward(key)
    },
  }
}

/** An address that many people may share, and a whole IPv6 site, get this many times the attempts. */
const SHARED_FACTOR = 50
const SITE_FACTOR = 10

/**
 * Counts by network. Behind an untrusted proxy all users share its address, so an address that may be a proxy's gets
 * more attempts.
 */
export function createNetworkLimit({ tries, withinMs }: Measure): Limit<string | null> {
  const networks = createLimit({ tries, withinMs })
  const sites = createLimit({ tries: tries * SITE_FACTOR, withinMs })
  const shared = createLimit({ tries: tries * SHARED_FACTOR, withinMs })
  const counted = (address: string | null): [Limit, string][] => {
    const network = networkOf(address)
    if (mayBeShared(address)) return [[shared, network]]
    const site = network.includes(':') ? network.split(':', SITE_GROUPS).join(':') : null
    return [[networks, network], ...(site === null ? [] : ([[sites, site]] as [Limit, string][]))]
  }
  return ofAll(counted)
}

/** An attempt on an account. `device`: the browser, if this account signed in there before. */
export interface AccountAttempt {
  account: string
  address: string | null
  device: string | null
}

/**
 * Counts by account and network, and by account for all networks together (`ceiling`). A browser in which the account
 * signed in before has its own counter, so that others can't lock its owner out there.
 */
export function createAccountLimit({ ceiling, ...measure }: Measure & { ceiling: number }): Limit<AccountAttempt> {
  const devices = createLimit(measure)
  const places = createLimit(measure)
  const acrossNetworks = createLimit({ tries: ceiling, withinMs: measure.withinMs })
  return ofAll(({ account, address, device }) =>
    device === null
      ? [
          [places, `${account} ${networkOf(address)}`],
          [acrossNetworks, account],
        ]
      : [[devices, `${account} ${device}`]],
  )
}

function ofAll<Who>(counted: (who: Who) => [Limit, string][]): Limit<Who> {
  return {
    take: async (who) => {
      for (const [limit, key] of counted(who)) await limit.take(key)
    },
    refund: async (who) => {
      for (const [limit, key] of counted(who)) await limit.refund(key)
    },
  }
}

const IPV6_GROUPS = 8
const NETWORK_GROUPS = 4
const SITE_GROUPS = 3

/** The network for which attempts are counted. An IPv6 /64 counts as one, because each household has 2^64 addresses. */
export function networkOf(address: string | null): string {
  if (address === null) return 'unknown'
  if (isLoopback(address)) return 'this machine'
  const plain = unmapIpv4(address)
  if (!plain.includes(':')) return plain
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':'))
  const gap = Array<string>(Math.max(0, IPV6_GROUPS - head.length - tail.length)).fill('0')
  return [...head, ...gap, ...tail].slice(0, NETWORK_GROUPS).join(':').toLowerCase()
}

/** Whether it may be a proxy's address: this machine, a local network or the unix socket. */
function mayBeShared(address: string | null): boolean {
  return address === null || isLocal(address)
}

function refuse(reason: unknown, what: string): never {
  if (!(reason instanceof RateLimiterRes)) throw reason
  const wait = durationInWords(Math.max(MINUTE, Math.ceil(reason.msBeforeNext / MINUTE) * MINUTE))
  throw new AppError('too_many', `Too many ${what}. Try again in ${wait}.`)
}
