/** A ping key that no monitor has. */
const SAMPLE_KEY = '0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6'

interface Place {
  /** Where people and jobs reach this server, without a slash at the end. */
  baseUrl: string
  /** Where a proxy on the same machine finds it: "127.0.0.1:8000". */
  upstream: string
}

/** What the documentation of this server says in the place of `{{base_url}}` and its like. */
export function docValues({ baseUrl, upstream }: Place): Readonly<Record<string, string>> {
  const { protocol, host, hostname, pathname } = new URL(baseUrl)
  return {
    base_url: baseUrl,
    scheme: protocol.slice(0, -1),
    host: hostname,
    host_and_port: host,
    path: pathname.replace(/\/+$/, ''),
    upstream,
    uuid: SAMPLE_KEY,
    ping_url: `${baseUrl}/ping/${SAMPLE_KEY}`,
  }
}
