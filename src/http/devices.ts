// Recognizes browsers that signed in before. The cookie grants no access. It only keeps wrong passwords that others try
// from locking out the owner. It contains a random name and, for each account, that name signed with the secret key.
import { type Deps, secretOf } from '#deps.ts'
import { DAY } from '#lib/duration.ts'
import { hmacSha256Base64Url, hmacSha256Hex, isSameText, newMixedCaseToken } from '#lib/tokens.ts'
import { cookieName, cookieOf, isSecureSite, setCookie } from './cookies.ts'

export interface Devices {
  /** The name by which attempts from this browser are counted; null if this user never signed in with it. */
  find(request: Request, userId: string): string | null
  /** The cookie that identifies the browser after a sign-in. */
  cookie(request: Request, userId: string): string
}

const DEVICE_MS = 365 * DAY
const NAME_LENGTH = 22
/** Per browser. */
const ACCOUNTS_MAX = 5

export function createDevices({ config }: Pick<Deps, 'config'>): Devices {
  const cookie = cookieName(config, 'device')
  const secret = hmacSha256Hex(secretOf(config), 'device')
  const sign = (device: string, userId: string): string => hmacSha256Base64Url(secret, `${device} ${userId}`)

  const read = (request: Request) => {
    const [device = '', ...signatures] = (cookieOf(request, cookie) ?? '').split('.')
    return { device, signatures: signatures.slice(0, ACCOUNTS_MAX) }
  }

  return {
    find: (request, userId) => {
      const { device, signatures } = read(request)
      const expected = sign(device, userId)
      return signatures.some((signature) => isSameText(signature, expected)) ? device : null
    },
    cookie: (request, userId) => {
      const known = read(request)
      const isName = /^[A-Za-z0-9]+$/.test(known.device) && known.device.length === NAME_LENGTH
      const device = isName ? known.device : newMixedCaseToken(NAME_LENGTH)
      const signature = sign(device, userId)
      const others = isName ? known.signatures.filter((other) => /^[\w-]{43}$/.test(other) && other !== signature) : []
      const value = [device, signature, ...others.slice(0, ACCOUNTS_MAX - 1)].join('.')
      return setCookie({ name: cookie, value, isSecure: isSecureSite(config), maxAgeMs: DEVICE_MS })
    },
  }
}
