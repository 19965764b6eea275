/** Whether the browser can unpack what is packed with gzip. */
export function acceptsGzip(request: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers.get('accept-encoding') ?? '')
}

/**
 * The same answer, packed: a long list becomes a tenth. Only for answers that hold no secret: whoever can make a
 * browser ask again and again, with their own words in the answer, reads a secret out of how well both pack together.
 */
export async function zipped(request: Request, response: Response): Promise<Response> {
  if (!acceptsGzip(request)) return response
  const packed = pack(new Uint8Array(await response.arrayBuffer()))
  const headers = new Headers(response.headers)
  headers.set('Content-Encoding', 'gzip')
  headers.append('Vary', 'Accept-Encoding')
  return new Response(packed, { status: response.status, headers })
}

// Lightly: what is made for one request is not worth more.
function pack(content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Bun.gzipSync(content, { level: 1 })
}
