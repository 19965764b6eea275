// Where outgoing calls may go: what sort of address one is, however it is written, and whether it may be called.
import { isIP } from 'node:net'
import { addressMatcher, withIpv6Forms } from './addresses.ts'

export interface DestinationRules {
  /** Whether this machine and private networks may be called without being named in `allow`. */
  allowsPrivate: boolean
  /** Private addresses and networks that may be called all the same. */
  allow: readonly string[]
  /** What follows "10.0.0.5 is a private address.", for who may not call one. */
  privateAdvice: string
}

/** Why an address is not called: "a private address", and what to know or do about it, as a sentence. */
export interface Refusal {
  what: string
  advice: string
}

const NEVER = 'Nothing is ever sent there.'

/** What nobody who sends messages has any business with; the first that fits names it. */
const FORBIDDEN: [what: string, ranges: string[]][] = [
  [
    'a metadata address of a cloud',
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
  // Connections to these end at this machine.
  ['an unspecified address', ['0.0.0.0/8', '::']],
  ['a reserved address', ['240.0.0.0/4']],
]

/** This machine, and what is not routed on the internet. */
const PRIVATE = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['::1', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48', '100::/64', '2001:db8::/32', '3fff::/20', '5f00::/16'],
]

const forbidden = FORBIDDEN.map(([what, ranges]) => ({ what, includes: addressMatcher(withIpv6Forms(ranges)) }))
const isPrivate = addressMatcher(withIpv6Forms(PRIVATE))
/** Long given up, and only ever seen to hide something; `::` and `::1` lie in it, too. */
const isIPv4Compatible = addressMatcher(['::/96'])

/** Says of an address why it must not be called; null when it may. */
export function createDestinationCheck({ allowsPrivate, allow, privateAdvice }: DestinationRules) {
  const isNamed = addressMatcher(withIpv6Forms(allow))
  return (address: string): Refusal | null => {
    // A zone says through which interface an address is reached, and hides nothing.
    const [bare = ''] = address.split('%')
    const known = forbidden.find(({ includes }) => includes(bare))
    if (known) return { what: known.what, advice: NEVER }
    if (isPrivate(bare))
      return allowsPrivate || isNamed(bare) ? null : { what: 'a private address', advice: privateAdvice }
    return isIP(bare) === 0 || isIPv4Compatible(bare) ? { what: 'a reserved address', advice: NEVER } : null
  }
}
