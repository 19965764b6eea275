import { SECOND } from '#lib/duration.ts'

export interface CookieSetting {
  name: string
  value: string
  /** Only over https. */
  isSecure: boolean
  maxAgeMs: number
}

/** A cookie that scripts cannot read and that other sites do not send along with a form. */
export function setCookie({ name, value, isSecure, maxAgeMs }: CookieSetting): string {
  const parts = [`${name}=${value}`, 'Path=/', `Max-Age=${maxAgeMs / SECOND}`, 'HttpOnly', 'SameSite=Lax']
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
