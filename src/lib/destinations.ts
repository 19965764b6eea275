// Decides whether an outgoing request may go to an address, in whatever notation the address is written.
import { isIP } from 'node:net'
import { addressMatcher, withIpv6Forms } from './addresses.ts'

export interface DestinationRules {
  /** Whether requests may go to this machine and to private networks that `allow` does not list. */
  allowsPrivate: boolean
  /** Private addresses and networks that requests may always go to. */
  allow: readonly string[]
  /** The sentence after "10.0.0.5 is a private address." that says how to allow it. */
  privateAdvice: string
}

/** Why an address is refused: "a private address", and a sentence with advice. */
export interface Refusal {
  what: string
  advice: string
}

const NEVER = 'CronGuard never sends requests there.'

/** Addresses that are always refused. The first match names the refusal. */
const FORBIDDEN: [what: string, ranges: string[]][] = [
  [
    'a cloud metadata address',
    [
      '169.254.169.254',
      '100.100.100.200',
      '168.63.129.16',
      '192.0.0.192',
      'fd00:ec2::/32',
      'fd20:ce::/32',
      'fd00:42::42',
      'fd00:c1::a9fe:a9fe',
    ],
  ],
  ['a link-local address', ['169.254.0.0/16', 'fe80::/10']],
  ['a broadcast address', ['255.255.255.255']],
  ['a multicast address', ['224.0.0.0/4', 'ff00::/8']],
  // Linux routes connections to these to this machine.
  ['an unspecified address', ['0.0.0.0/8', '::']],
  ['a reserved address', ['240.0.0.0/4']],
]

/** This machine, and networks that the internet does not route. */
const PRIVATE = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['::1', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48', '100::/64', '2001:db8::/32', '3fff::/20', '5f00::/16'],
]

const forbidden = FORBIDDEN.map(([what, ranges]) => ({ what, includes: addressMatcher(withIpv6Forms(ranges)) }))
const isPrivate = addressMatcher(withIpv6Forms(PRIVATE))
/** A deprecated form that only serves to hide an address. `::` and `::1` are in this range, too. */
const isIPv4Compatible = addressMatcher(['::/96'])

/** Returns a function that says why an address is refused, or null when it is allowed. */
export function createDestinationCheck({ allowsPrivate, allow, privateAdvice }: DestinationRules) {
  const isNamed = addressMatcher(withIpv6Forms(allow))
  return (address: string): Refusal | null => {
    // The zone only names the network interface.
    const [bare = ''] = address.split('%')
    const known = forbidden.find(({ includes }) => includes(bare))
    if (known) return { what: known.what, advice: NEVER }
    if (isPrivate(bare))
      return allowsPrivate || isNamed(bare) ? null : { what: 'a private address', advice: privateAdvice }
    return isIP(bare) === 0 || isIPv4Compatible(bare) ? { what: 'a reserved address', advice: NEVER } : null
  }
}
