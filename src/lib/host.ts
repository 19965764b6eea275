import { isIP } from 'node:net'

/** An address as it stands in a URL: those of IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Host and port as a program on this machine calls who listens there: "127.0.0.1:8000". */
export function localAddress({ host, port }: { host: string; port: number }): string {
  const own: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return `${bracketed(own[host] ?? host)}:${port}`
}

export function hostInUrl(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : bracketed(host)
}

export function isHost(host: string): boolean {
  return (
    /^[\w.:-]+$/.test(host) && URL.canParse(`http://${hostInUrl(host)}`) && (isIP(host) !== 0 || !host.includes(':'))
  )
}

export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

export function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

// It is looked for in the paths of requests, and written before those of links, as it stands.
export function hasPlainPath(text: string): boolean {
  return /^[a-z]+:\/\/[^/]*(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*\/*$/i.test(text)
}
