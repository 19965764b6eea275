import type { KeptBody } from '#domain/body.ts'

/** How many bytes are missing between the beginning and the end. */
export const CUT_HEADER = 'X-CronGuard-Body-Cut'

/** What is kept of a body, as it came. */
export function rawBody({ body: { head, tail, cutBytes } }: KeptBody, headers: Record<string, string>): Response {
  const cut: Record<string, string> = cutBytes ? { [CUT_HEADER]: String(cutBytes) } : {}
  return new Response(new Uint8Array(Buffer.concat([head, tail])), { headers: { ...headers, ...cut } })
}
