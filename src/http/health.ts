import { Elysia } from 'elysia'

export interface PartHealth {
  name: string
  isWell: boolean
}

/** `/health` for other programs: 200 when every part works, 503 and which one does not. */
export function healthRoutes(readHealth: () => PartHealth[]) {
  return new Elysia({ name: 'health' }).get('/health', () => {
    const parts = readHealth()
    const isWell = parts.every((part) => part.isWell)
    const states = parts.map(({ name, isWell }) => [name, isWell ? 'ok' : 'failing'] as const)
    return Response.json(
      { status: isWell ? 'ok' : 'failing', ...Object.fromEntries(states) },
      { status: isWell ? 200 : 503, headers: { 'Cache-Control': 'no-store' } },
    )
  })
}
