import { BlockList, isIP } from 'node:net'

/** Prefixes under which gateways embed an IPv4 address in IPv6: NAT64, local NAT64, SIIT. The address comes last. */
const NAT64_PREFIXES = ['64:ff9b::', '64:ff9b:1::', '::ffff:0:']

/** Whether `text` is an address, or a range like 10.0.0.0/8. */
export function isAddressRange(text: string): boolean {
  const { address, bits } = splitRange(text)
  if (!isAddress(address)) return false
  return bits === null || (/^\d{1,3}$/.test(bits) && Number(bits) <= lengthOf(address))
}

/** Returns a test for addresses in one of the ranges. It treats `::ffff:192.0.2.1` as `192.0.2.1`. */
export function addressMatcher(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const { address, bits } = splitRange(range)
    list.addSubnet(address, bits === null ? lengthOf(address) : Number(bits), familyOf(address))
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

/**
 * Adds the IPv6 forms that gateways translate (NAT64, SIIT) or tunnel (6to4) to each IPv4 range. IPv4-mapped addresses
 * need no form of their own, because every matcher unmaps them.
 */
export function withIpv6Forms(ranges: readonly string[]): string[] {
  return ranges.flatMap((range) => {
    const { address, bits } = splitRange(range)
    if (isIP(address) !== 4) return [range]
    const length = bits === null ? lengthOf(address) : Number(bits)
    const translated = NAT64_PREFIXES.map((prefix) => `${prefix}${address}/${96 + length}`)
    return [range, ...translated, `2002:${inHex(address)}::/${16 + length}`]
  })
}

/** Reads an address as proxies write it: optionally with a port and in brackets. Null when it is not an address. */
export function readAddress(text: string): string | null {
  const written = text.trim()
  const [, bracketed, digits] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(written) ?? []
  const address = bracketed ?? digits ?? written
  return isAddress(address) ? address : null
}

/** `192.0.2.1` for `::ffff:192.0.2.1`. Other addresses are returned unchanged. */
export function unmapIpv4(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

export const isLoopback = addressMatcher(['127.0.0.0/8', '::1'])

/** Whether an address belongs to this machine or to a private network, as a proxy in a container does. */
export const isLocal = addressMatcher([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1', 'fc00::/7', 'fe80::/10'],
])

// An address with a zone, like fe80::1%eth0, is only valid on one machine.
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

function splitRange(range: string): { address: string; bits: string | null } {
  const [address = '', bits = null, ...more] = range.split('/')
  return { address: more.length > 0 ? '' : address, bits }
}

function lengthOf(address: string): number {
  return isIP(address) === 6 ? 128 : 32
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** `a9fe:a9fe` for `169.254.169.254`. */
function inHex(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
