import { describe, expect, test } from 'bun:test'
import { createDestinationCheck } from '#lib/destinations.ts'
import { PRIVATE_ADVICE } from '../support/outbound.ts'

const closed = createDestinationCheck({ allowsPrivate: true, allow: [], privateAdvice: PRIVATE_ADVICE })
const open = createDestinationCheck({ allowsPrivate: false, allow: [], privateAdvice: PRIVATE_ADVICE })
const everythingNamed = createDestinationCheck({
  allowsPrivate: true,
  allow: ['0.0.0.0/0', '::/0'],
  privateAdvice: PRIVATE_ADVICE,
})

const never = (what: string) => ({ what, advice: 'CronGuard never sends requests there.' })
const NEEDS_A_NAME = { what: 'a private address', advice: PRIVATE_ADVICE }

/** The notations of an IPv4 address in IPv6. */
function formsOf(address: string): string[] {
  const bytes = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  const hex = `${bytes[0]}${bytes[1]}:${bytes[2]}${bytes[3]}`
  return [
    ...[address, `::ffff:${address}`, `::ffff:${hex}`, `::FFFF:${hex.toUpperCase()}`, `0:0:0:0:0:ffff:${hex}`],
    ...[`64:ff9b::${address}`, `64:ff9b::${hex}`, `64:ff9b:1::${hex}`, `::ffff:0:${hex}`, `2002:${hex}::1`],
  ]
}

describe('createDestinationCheck: always refused', () => {
  const addresses: [address: string, what: string][] = [
    ['169.254.169.254', 'a cloud metadata address'],
    ['100.100.100.200', 'a cloud metadata address'],
    ['168.63.129.16', 'a cloud metadata address'],
    ['192.0.0.192', 'a cloud metadata address'],
    ['169.254.0.0', 'a link-local address'],
    ['169.254.170.2', 'a link-local address'],
    ['169.254.255.255', 'a link-local address'],
    ['0.0.0.0', 'an unspecified address'],
    ['0.255.255.255', 'an unspecified address'],
    ['255.255.255.255', 'a broadcast address'],
    ['224.0.0.1', 'a multicast address'],
    ['239.255.255.255', 'a multicast address'],
    ['240.0.0.1', 'a reserved address'],
  ]
  const forms = addresses.flatMap(([address, what]) => formsOf(address).map((form) => [form, what] as const))

  test.each(forms)('%s, %s, under any settings', (address, what) => {
    expect([open(address), closed(address), everythingNamed(address)]).toEqual(Array(3).fill(never(what)))
  })

  test.each([
    ['fd00:ec2::254', 'a cloud metadata address'],
    ['FD00:0EC2:0:0:0:0:0:254', 'a cloud metadata address'],
    ['fd20:ce::254', 'a cloud metadata address'],
    ['fd00:42::42', 'a cloud metadata address'],
    ['fd00:c1::a9fe:a9fe', 'a cloud metadata address'],
    ['fe80::1', 'a link-local address'],
    ['fe80::1%eth0', 'a link-local address'],
    ['febf:ffff::1', 'a link-local address'],
    ['ff02::1', 'a multicast address'],
    ['::', 'an unspecified address'],
    ['0:0:0:0:0:0:0:0', 'an unspecified address'],
    ['::127.0.0.1', 'a reserved address'],
    ['::8.8.8.8', 'a reserved address'],
    ['localhost', 'a reserved address'],
    ['127.1', 'a reserved address'],
    ['', 'a reserved address'],
  ])('%s, %s', (address, what) => {
    expect([open(address), closed(address), everythingNamed(address)]).toEqual(Array(3).fill(never(what)))
  })
})

describe('createDestinationCheck: private addresses', () => {
  const inside = [
    ...['127.0.0.1', '127.255.255.255', '10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255'],
    ...['192.168.0.1', '192.168.255.255', '100.64.0.1', '100.127.255.255', '198.18.0.1', '203.0.113.7'],
  ].flatMap(formsOf)
  const insideIPv6 = ['::1', '0:0:0:0:0:0:0:1', 'fc00::1', 'fdff::1', 'fd12:3456::1%eth0', 'fec0::1', '2001:db8::1']

  test.each([...inside, ...insideIPv6])('%s is allowed while registration is closed', (address) => {
    expect(closed(address)).toBe(null)
    expect(open(address)).toEqual(NEEDS_A_NAME)
  })

  test.each([
    ['10.0.0.5', '10.0.0.0/8', true],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.6', '10.0.0.5', false],
    ['::ffff:10.0.0.5', '10.0.0.0/24', true],
    ['64:ff9b::10.0.0.5', '10.0.0.0/24', true],
    ['64:ff9b:1::10.0.0.5', '10.0.0.0/24', true],
    ['10.0.1.5', '10.0.0.0/24', false],
    ['64:ff9b::10.0.1.5', '10.0.0.0/24', false],
    ['127.0.0.1', '10.0.0.0/8', false],
    ['fd00::5', 'fd00::/64', true],
    ['fd00:0:0:1::5', 'fd00::/64', false],
    ['::1', '::1', true],
    ['169.254.1.1', '169.254.0.0/16', false],
    ['fe80::1', 'fe80::/10', false],
  ])('%s, with open registration and %s allowed: %p', (address, named, isAllowed) => {
    const check = createDestinationCheck({ allowsPrivate: false, allow: [named], privateAdvice: PRIVATE_ADVICE })
    expect(check(address) === null).toBe(isAllowed)
  })
})

describe('createDestinationCheck: always allowed', () => {
  const outside = [
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
    ...['192.169.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255'],
    ...['223.255.255.255', '168.63.129.17'],
  ]
  // The NAT64 prefix of a network is private, whatever the address.
  const forms = outside.flatMap(formsOf).filter((form) => !form.startsWith('64:ff9b:1:'))

  test.each([...forms, '2606:4700:4700::1111', '2a00::1', 'fbff::1', '2001:db7::1'])('%s', (address) => {
    expect([open(address), closed(address)]).toEqual([null, null])
  })
})
