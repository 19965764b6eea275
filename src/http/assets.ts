import { Elysia } from 'elysia'
import { ASSETS, type Asset } from '#views/assets.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'

/** The embedded files under names that change with their content. */
export function assetRoutes() {
  const routes = new Elysia({ name: 'assets' })
  for (const asset of ASSETS) routes.get(asset.path, ({ request }) => answerAsset(asset, request))
  return routes
}

function answerAsset({ content, contentType }: Asset, request: Request): Response {
  const headers = {
    'Content-Type': contentType,
    'Cache-Control': FOR_EVER,
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding',
  }
  const acceptsGzip = request.headers.get('accept-encoding')?.includes('gzip') ?? false
  if (!acceptsGzip) return new Response(content, { headers })
  return new Response(Bun.gzipSync(content), { headers: { ...headers, 'Content-Encoding': 'gzip' } })
}
