// The browser's side is our own reading of RFC 8291, RFC 8188 and RFC 8292. The errors are those of FCM, Mozilla's
// autopush and Apple, as threads in web-push-libs/web-push and mozilla-services/autopush-rs quote them.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, verify } from 'node:crypto'
import { derivePushKeys } from '#lib/push-keys.ts'
import { THREAD_KEY } from './conformance.ts'
import { PLAIN_TEXTS } from './expected.ts'
import { type Call, DOWN, SECRET_KEY, Service, type ServiceAdaptor, testService, UP } from './service.ts'

const browser = createECDH('prime256v1')
browser.setPrivateKey(Buffer.alloc(32, 7))
const AUTH = Buffer.from('an auth secret!!')
const PATH = '/fcm/send/dSecretOfTheBrowser'
const KEYS = { p256dh: browser.getPublicKey('base64url'), auth: AUTH.toString('base64url') }
const ENDPOINT = `https://fcm.googleapis.com${PATH}`

function derive(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length))
}

/** Decrypts a body as a browser does. */
function decrypt(body: Buffer): string {
  const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)]
  const [sender, encrypted] = [body.subarray(21, 21 + idLength), body.subarray(21 + idLength)]
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), sender])
  const key = derive(browser.computeSecret(sender), AUTH, info, 32)
  const contentKey = derive(key, salt, 'Content-Encoding: aes128gcm\0', 16)
  const decipher = createDecipheriv('aes-128-gcm', contentKey, derive(key, salt, 'Content-Encoding: nonce\0', 12))
  decipher.setAuthTag(encrypted.subarray(-16))
  const padded = Buffer.concat([decipher.update(encrypted.subarray(0, -16)), decipher.final()])
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8')
}

const adaptor: ServiceAdaptor = {
  kind: 'web-push',
  origins: ['https://fcm.googleapis.com'],
  settings: () => ({ endpoint: ENDPOINT, ...KEYS }),
  decrypt,
  accepts: () => ({ status: 201 }),
  read: ({ text }: Call) => {
    const shown = JSON.parse(text)
    return {
      name: shown.title.replace(/^(Up|Down): /, ''),
      status: shown.status,
      isTest: shown.body.includes('This is a test.'),
      structure: [...Object.keys(shown), ...shown.links.map(({ url }: { url: string }) => url)],
    }
  },
  invalidSettings: [
    ['no fields', {}],
    ['a push service without TLS', { ...KEYS, endpoint: `http://fcm.googleapis.com${PATH}` }],
    ['another port', { ...KEYS, endpoint: 'https://fcm.googleapis.com:8443/x' }],
    ['a key off the curve', { ...KEYS, endpoint: ENDPOINT, p256dh: Buffer.alloc(65, 4).toString('base64url') }],
    ['a short key', { ...KEYS, endpoint: ENDPOINT, p256dh: 'BAAA' }],
    ['a short secret', { ...KEYS, endpoint: ENDPOINT, auth: 'AAAA' }],
  ],
  secrets: [PATH, KEYS.p256dh, KEYS.auth],
  errors: [
    [
      'the browser unsubscribed (FCM, Apple)',
      { status: 410, body: '{"reason":"Unregistered"}' },
      { isPermanent: true, endsChannel: true },
    ],
    [
      'an unknown subscription (Mozilla)',
      { status: 404, body: '{"code":404,"errno":102,"error":"Not Found"}' },
      { isPermanent: true, endsChannel: true },
    ],
    [
      'keys of another server (FCM)',
      { status: 403, body: 'the VAPID credentials do not correspond to the credentials of the subscription.' },
      {
        detail: 'Received status code 403: allow notifications again in the browser, and save the channel',
        isPermanent: false,
      },
    ],
    [
      'a signature that is not accepted (Mozilla)',
      { status: 401, body: '{"code":401,"errno":109,"error":"Unauthorized"}' },
      {
        detail: 'Received status code 401: allow notifications again in the browser, and save the channel',
        isPermanent: false,
      },
    ],
    [
      'too large (Mozilla)',
      { status: 413, body: '{"code":413,"errno":104,"error":"Payload Too Large"}' },
      { isPermanent: false },
    ],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test.each(['https://push.evil.example/fcm.googleapis.com', 'https://evilfcm.googleapis.com/x'])(
  'web-push: sends nothing to %s, which is not a known push service',
  async (endpoint) => {
    expect(await service.send(DOWN, { endpoint })).toMatchObject({ result: 'failed', isPermanent: true })
    expect(service.origins).toEqual([])
  },
)

test('web-push: sends what the browser shows, encrypted, for a day and urgently', async () => {
  await service.send(DOWN)
  await service.send(UP)
  const page = `https://cronguard.example.org/monitors/${'f'.repeat(40)}`
  const open = { label: 'Open monitor', url: page }
  const common = { tag: THREAD_KEY, at: DOWN.notification.at }
  expect(service.calls.map(({ text }) => JSON.parse(text))).toEqual([
    {
      ...common,
      title: 'Down: backup',
      body: PLAIN_TEXTS.down,
      status: 'down',
      links: [open, { label: 'Acknowledge', url: DOWN.links.acknowledge }],
    },
    { ...common, title: 'Up: backup', body: PLAIN_TEXTS.up, status: 'up', links: [open] },
  ])
  expect(service.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST ${PATH}`, `POST ${PATH}`])
  expect(service.calls[0]?.headers).toMatchObject({
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: '86400',
    urgency: 'high',
  })
})

test('web-push: signs for the push service with the key of the server', async () => {
  await service.send(DOWN)
  const { publicKey } = derivePushKeys(SECRET_KEY)
  const [, token = '', key] = /^vapid t=(.+), k=(.+)$/.exec(service.calls[0]?.headers.authorization ?? '') ?? []
  expect(key).toBe(publicKey)
  const [header = '', claims = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(publicKey, 'base64url')
  const [x, y] = [bytes.toString('base64url', 1, 33), bytes.toString('base64url', 33)]
  const jwk = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const signed = Buffer.from(`${header}.${claims}`)
  const isValid = verify('sha256', signed, { key: jwk, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  expect(isValid).toBe(true)
  const { aud, sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  expect({ aud, sub }).toEqual({ aud: 'https://fcm.googleapis.com', sub: 'https://cronguard.example.org' })
  expect(exp * 1000 - Date.now()).toBeWithin(3_600_000, 24 * 3_600_000)
})

test('web-push: fits into 4,096 encrypted bytes', async () => {
  const sizes: number[] = []
  service.answer = ({ headers }) => {
    sizes.push(Number(headers['content-length']))
    return { status: 201 }
  }
  await service.send({ ...DOWN, output: { text: '\u0001"\\é🛡️\n'.repeat(1000), isCut: true } })
  expect(sizes).toHaveLength(1)
  expect(sizes[0]).toBeWithin(1000, 4097)
})

test('web-push: the keys of a server depend only on its secret key', () => {
  expect(derivePushKeys('a')).toEqual(derivePushKeys('a'))
  expect(derivePushKeys('a').publicKey).not.toBe(derivePushKeys('b').publicKey)
  expect(Buffer.from(derivePushKeys('a').publicKey, 'base64url')).toHaveLength(65)
})

test('web-push: says what is missing if a command cannot read the secret key', async () => {
  const { pushKeys: _, ...transports } = service.transports()
  service.transports = () => transports
  const outcome = await service.send(DOWN)
  expect(outcome).toMatchObject({ result: 'failed', detail: expect.stringContaining("can't read the secret key") })
})
