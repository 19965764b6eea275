import { afterEach, describe, expect, test } from 'bun:test'
import { createUser } from '#actions/registration.ts'
import type { Monitor } from '#domain/monitor.ts'
import { UNIX_SOCKET } from '#http/peer.ts'
import { findPing } from '#store/pings.ts'
import { listSessions } from '#store/sessions.ts'
import { TestGuard } from '../support/cronguard.ts'

const PROXIES = { CRONGUARD_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8, 2001:db8:a::/48' }
const ALICE = { email: 'alice@example.org', password: 'correct horse battery' }

let guard: TestGuard

afterEach(() => guard.stop())

function open(env: Record<string, string> = {}): Monitor {
  guard = new TestGuard({ env })
  return guard.monitor(guard.project('jobs@example.org'), { name: 'backup' })
}

/** Pings over this connection with these headers, and returns what is stored. */
async function pinged(monitor: Monitor, peer: string | null, headers: Record<string, string>) {
  await guard.request(`/ping/${monitor.pingKey}`, { headers }, peer)
  return findPing(guard.db, { monitorId: monitor.id, number: guard.now(monitor).pingCount })
}

async function addressOf(forwarded: string, { peer = '127.0.0.1', env = PROXIES as Record<string, string> } = {}) {
  return (await pinged(open(env), peer, { 'X-Forwarded-For': forwarded }))?.remoteAddress
}

describe('Trusted proxy', () => {
  test.each([
    ['198.51.100.1', '198.51.100.1'],
    ['198.51.100.1:1234', '198.51.100.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:198.51.100.1', '::ffff:198.51.100.1'],
    ['  198.51.100.1  ', '198.51.100.1'],
  ])('X-Forwarded-For: %p is stored as %p', async (forwarded, address) => {
    expect(await addressOf(forwarded)).toBe(address)
  })

  test.each([
    ['a made-up address is on the left', '6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['other trusted proxies are on the right', '6.6.6.6, 198.51.100.1, 10.1.2.3, 127.0.0.1', '198.51.100.1'],
    ['a trusted proxy has a port and an IPv4-mapped address', '198.51.100.1, [::ffff:10.1.2.3]:80', '198.51.100.1'],
    ['a trusted proxy is in an IPv6 network', '198.51.100.1, 2001:db8:a:9::1', '198.51.100.1'],
    ['all are trusted', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ])('is trusted up to the first address that is not, when %s', async (_what, forwarded, address) => {
    expect(await addressOf(forwarded)).toBe(address)
  })

  test.each([
    '',
    'garbage',
    'unknown',
    '999.1.1.1',
    '198.51.100.1x',
    '1.1.1.1:port',
    '[2001:db8::1',
    'fe80::1%eth0',
    ',',
  ])('with the invalid X-Forwarded-For %p is stored as the visitor itself', async (forwarded) => {
    expect(await addressOf(forwarded)).toBe('127.0.0.1')
    guard.stop()
    expect(await addressOf(`198.51.100.1, ${forwarded}, 10.0.0.1`)).toBe('10.0.0.1')
  })

  test('is recognized by its IPv4-mapped address', async () => {
    expect(await addressOf('198.51.100.1', { peer: '::ffff:127.0.0.1' })).toBe('198.51.100.1')
  })

  test.each([
    ['https', 'https'],
    ['HTTPS', 'https'],
    ['http', 'http'],
    ['gopher', 'http'],
  ])('X-Forwarded-Proto: %p is stored as %p', async (forwarded, scheme) => {
    expect(await pinged(open(PROXIES), '10.0.0.1', { 'X-Forwarded-Proto': forwarded })).toMatchObject({ scheme })
  })
})

describe('Several trusted proxies', () => {
  test.each([
    ['https, http', '198.51.100.1, 10.0.0.2', 'https'],
    ['http, https', '198.51.100.1, 10.0.0.2', 'http'],
    ['https, http', '198.51.100.1', 'http'],
    ['https, http', '6.6.6.6, 198.51.100.1', 'http'],
    ['https, http, http', '6.6.6.6, 198.51.100.1, 10.0.0.2', 'http'],
    ['https', '198.51.100.1, 10.0.0.2', 'https'],
    ['https, http', '', 'http'],
    [' HTTPS , http', '198.51.100.1, 10.0.0.2', 'https'],
  ])('X-Forwarded-Proto: %s with X-Forwarded-For: %s means %s', async (proto, forwarded, scheme) => {
    const headers = { 'X-Forwarded-Proto': proto, 'X-Forwarded-For': forwarded }
    expect(await pinged(open(PROXIES), '10.0.0.1', headers)).toMatchObject({ scheme })
  })
})

describe('Proxy that is not trusted', () => {
  test.each(['192.0.2.7', '::1', '11.0.0.1', '2001:db8:b::1'])('at %p is ignored', async (peer) => {
    const headers = { 'X-Forwarded-For': '198.51.100.1', 'X-Forwarded-Proto': 'https' }
    expect(await pinged(open(PROXIES), peer, headers)).toMatchObject({ remoteAddress: peer, scheme: 'http' })
  })

  test('without an address is ignored', async () => {
    expect(await pinged(open(PROXIES), null, { 'X-Forwarded-For': '198.51.100.1' })).toMatchObject({
      remoteAddress: null,
    })
  })

  test('is ignored when no proxy is configured, and the log says once how to trust it', async () => {
    const monitor = open()
    const forwarded = { 'X-Forwarded-For': '198.51.100.1' }
    await pinged(monitor, '127.0.0.1', {})
    expect(guard.log).toEqual([])
    expect((await pinged(monitor, '127.0.0.1', forwarded))?.remoteAddress).toBe('127.0.0.1')
    await pinged(monitor, '::1', forwarded)
    expect(guard.log.map(({ level, event }) => [level, event])).toEqual([
      ['warn', 'Requests come through a proxy that is not trusted: set CRONGUARD_TRUSTED_PROXIES=127.0.0.1'],
    ])
  })
})

describe('Warning about a proxy that is not trusted', () => {
  const warnings = () => guard.log.filter(({ level }) => level === 'warn').map(({ event }) => event)
  const forwarded = { 'X-Forwarded-For': '198.51.100.1' }
  const Mozilla = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }

  test.each([['172.17.0.1'], ['::ffff:172.17.0.1']])(
    'is logged once for a private network, such as %s',
    async (peer) => {
      const monitor = open({ CRONGUARD_TRUSTED_PROXIES: '127.0.0.1' })
      await pinged(monitor, peer, {})
      expect(warnings()).toEqual([])
      await pinged(monitor, peer, { 'X-Forwarded-Proto': 'https' })
      await pinged(monitor, '10.0.0.9', forwarded)
      expect(warnings()).toEqual([
        'Requests come through a proxy that is not trusted: set CRONGUARD_TRUSTED_PROXIES=172.17.0.1. ' +
          'Until then all visitors share one IP address',
      ])
    },
  )

  test('is logged once for the internet, where anyone can send such a header', async () => {
    const monitor = open()
    await pinged(monitor, '192.0.2.7', forwarded)
    await pinged(monitor, '192.0.2.8', forwarded)
    await pinged(monitor, '172.17.0.1', forwarded)
    expect(warnings()).toEqual([
      'A request with proxy headers came from 192.0.2.7. ' +
        'If this is your proxy, set CRONGUARD_TRUSTED_PROXIES=192.0.2.7',
      expect.stringContaining('CRONGUARD_TRUSTED_PROXIES=172.17.0.1'),
    ])
  })

  test('is logged once for a unix socket without X-Forwarded-For, and not for a job that pings there', async () => {
    const monitor = open()
    await pinged(monitor, UNIX_SOCKET, {})
    await pinged(monitor, UNIX_SOCKET, { ...Mozilla, ...forwarded })
    expect(warnings()).toEqual([])
    await guard.request('/login', { headers: Mozilla }, UNIX_SOCKET)
    await guard.request('/login', { headers: Mozilla }, UNIX_SOCKET)
    expect(warnings()).toEqual([
      'The proxy on the unix socket does not send X-Forwarded-For. Configure it to. ' +
        'Until then all visitors share one IP address',
    ])
  })
})

describe('Sign-in limit behind a proxy', () => {
  const signIn = async (peer: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    (await guard.request('/login', { method: 'POST', body: new URLSearchParams(fields), headers }, peer)).status

  async function tryTwenty(peer: string, headers: Record<string, string> = {}): Promise<void> {
    for (let index = 0; index < 20; index += 1) {
      await signIn(peer, { email: `user${index}@example.org`, password: 'wrong password' }, headers)
    }
  }

  test('counts wrong passwords for the forwarded address, and locks out no one else behind the proxy', async () => {
    open(PROXIES)
    const alice = await createUser(guard.deps, { ...ALICE, isAdmin: false })
    await tryTwenty('10.0.0.1', { 'X-Forwarded-For': '198.51.100.1' })
    expect(await signIn('10.0.0.2', ALICE, { 'X-Forwarded-For': '198.51.100.1' })).toBe(429)
    expect(await signIn('10.0.0.1', ALICE, { 'X-Forwarded-For': '198.51.100.2' })).toBe(303)
    const [session] = listSessions(guard.db, { userId: alice.id, now: guard.clock.now() })
    expect(session?.remoteAddress).toBe('198.51.100.2')
  })

  test('does not lock out everyone behind a local proxy that is not configured', async () => {
    open()
    await createUser(guard.deps, { ...ALICE, isAdmin: false })
    await tryTwenty('127.0.0.1', { 'X-Forwarded-For': '198.51.100.1' })
    expect(await signIn('127.0.0.1', ALICE, { 'X-Forwarded-For': '198.51.100.1' })).toBe(303)
    await tryTwenty('::1')
    expect(await signIn('::1', ALICE)).toBe(303)
  })
})

describe('Sign-in limit behind a proxy that is not trusted', () => {
  const signIn = async (peer: string, fields: Record<string, string>) =>
    (await guard.request('/login', { method: 'POST', body: new URLSearchParams(fields) }, peer)).status

  test.each([
    ['in a container', '172.17.0.1'],
    ['on the unix socket', UNIX_SOCKET],
  ])('(%s) locks no one out of another account', async (_where, peer) => {
    open()
    await createUser(guard.deps, { ...ALICE, isAdmin: false })
    for (let index = 0; index < 30; index += 1) {
      await signIn(peer, { email: `user${index}@example.org`, password: 'wrong password' })
    }
    expect(await signIn(peer, ALICE)).toBe(303)
  })
})

describe('Unix socket as a proxy', () => {
  test('is trusted, up to the first proxy that is not', async () => {
    expect(await addressOf('198.51.100.1', { peer: UNIX_SOCKET, env: {} })).toBe('198.51.100.1')
    guard.stop()
    expect(await addressOf('6.6.6.6, 198.51.100.1', { peer: UNIX_SOCKET, env: {} })).toBe('198.51.100.1')
    guard.stop()
    expect(await addressOf('198.51.100.1, 10.0.0.1', { peer: UNIX_SOCKET })).toBe('198.51.100.1')
  })

  test('without X-Forwarded-For has no address', async () => {
    expect(await pinged(open(), UNIX_SOCKET, {})).toMatchObject({ remoteAddress: null, scheme: 'http' })
    guard.stop()
    expect((await pinged(open(), UNIX_SOCKET, { 'X-Forwarded-For': 'unix:' }))?.remoteAddress).toBeNull()
  })
})
