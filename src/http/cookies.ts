import { type Deps, secretOf } from '#deps.ts'
import { url } from '#lib/base-path.ts'
import { SECOND } from '#lib/duration.ts'
import { hmacSha256Hex } from '#lib/tokens.ts'

type Config = Deps['config']

const INSTANCE_LENGTH = 8

/**
 * The name of a cookie of this server. Browsers send cookies to all ports of a host, so the name is derived from the
 * secret key: two CronGuards on one host don't overwrite each other's cookies.
 */
export function cookieName(config: Config, use: 'session' | 'device'): string {
  const instance = hmacSha256Hex(secretOf(config), 'instance').slice(0, INSTANCE_LENGTH)
  return `${prefixOf(config)}cronguard-${instance}${use === 'session' ? '' : `-${use}`}`
}

/** The name of the session cookie in versions in which all servers used the same one. */
export function formerSessionCookie(config: Config): string {
  return `${prefixOf(config)}cronguard`
}

export function isSecureSite({ baseUrl }: Config): boolean {
  return baseUrl.startsWith('https:')
}

// Browsers restrict cookies with these prefixes to https, and `__Host-` also to the host.
function prefixOf(config: Config): string {
  if (!isSecureSite(config)) return ''
  return config.basePath === '' ? '__Host-' : '__Secure-'
}

export interface CookieSetting {
  name: string
  value: string
  /** Whether the browser sends it only over https. */
  isSecure: boolean
  maxAgeMs: number
}

/** A cookie for our pages alone, that scripts cannot read and that other sites do not send along with a form. */
export function setCookie({ name, value, isSecure, maxAgeMs }: CookieSetting): string {
  const parts = [
    `${name}=${value}`,
    `Path=${url('') || '/'}`,
    `Max-Age=${maxAgeMs / SECOND}`,
    'HttpOnly',
    'SameSite=Lax',
  ]
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ')
}

export function clearedCookie({ name, isSecure }: Pick<CookieSetting, 'name' | 'isSecure'>): string {
  return setCookie({ name, value: '', isSecure, maxAgeMs: 0 })
}

export function cookieOf(request: Request, name: string): string | null {
  const header = request.headers.get('cookie') ?? ''
  for (const pair of header.split(';')) {
    const [key, ...rest] = pair.trim().split('=')
    if (key === name) return rest.join('=') || null
  }
  return null
}
