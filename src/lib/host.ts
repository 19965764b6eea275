import { isIP } from 'node:net'

/** An address as URLs write it: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Host and port for a client on this machine: "127.0.0.1:8000" when the server listens on 0.0.0.0. */
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

// The path is compared with request paths and put in front of links without encoding, so it must not need any.
export function hasPlainPath(text: string): boolean {
  return /^[a-z]+:\/\/[^/]*(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*\/*$/i.test(text)
}
