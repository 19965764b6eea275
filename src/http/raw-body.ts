import type { KeptBody } from '#domain/body.ts'

/** How many bytes are missing between the beginning and the end. */
export const CUT_HEADER = 'X-CronGuard-Body-Cut'

/** The response with the stored part of a body, unchanged. */
export function rawBody({ body: { head, tail, cutBytes } }: KeptBody, headers: Record<string, string>): Response {
  const cut: Record<string, string> = cutBytes ? { [CUT_HEADER]: String(cutBytes) } : {}
  return new Response(new Uint8Array(Buffer.concat([head, tail])), { headers: { ...headers, ...cut } })
}
