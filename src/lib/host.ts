/** An address as it stands in a URL: those of IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Host and port as a program on this machine calls who listens there: "127.0.0.1:8000". */
export function localAddress({ host, port }: { host: string; port: number }): string {
  const own: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return `${bracketed(own[host] ?? host)}:${port}`
}
