/** Whether the client accepts gzip. */
export function acceptsGzip(request: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers.get('accept-encoding') ?? '')
}

/**
 * Compresses a response with gzip: a long list becomes ten times smaller. Only for responses without secrets. An
 * attacker who can make a browser repeat a request with text of their choice could derive a secret from the compressed
 * size (BREACH).
 */
export async function gzipped(request: Request, response: Response): Promise<Response> {
  if (!acceptsGzip(request)) return response
  const packed = pack(new Uint8Array(await response.arrayBuffer()))
  const headers = new Headers(response.headers)
  headers.set('Content-Encoding', 'gzip')
  headers.append('Vary', 'Accept-Encoding')
  return new Response(packed, { status: response.status, headers })
}

// The lowest level, because the result is used only once.
function pack(content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Bun.gzipSync(content, { level: 1 })
}
