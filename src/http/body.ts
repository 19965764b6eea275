/**
 * The first `limit` bytes of the body, as they came. What is more is read and dropped: the sender must be able to
 * finish before it gets its answer.
 */
export async function readHead(request: Request, limit: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const size = Number(request.headers.get('content-length') ?? Number.NaN)
  if (size <= limit) return new Uint8Array(await request.arrayBuffer())
  const parts: Uint8Array[] = []
  let kept = 0
  for await (const chunk of request.body) {
    const part = chunk.subarray(0, limit - kept)
    kept += part.length
    if (part.length > 0) parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
