/** The token of `Authorization: Bearer`, or null. */
export function bearerOf(request: Request): string | null {
  return /^Bearer +(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? null
}
