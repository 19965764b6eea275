import { ASSETS, type Asset } from '#views/assets.ts'
import { cookielessRoutes } from './routes.ts'
import { acceptsGzip } from './zip.ts'

const CACHE_FOREVER = 'public, max-age=31536000, immutable'

/** Serves the embedded files under names that contain a hash of their content. */
export function assetRoutes() {
  const routes = cookielessRoutes('assets', 'text')
  for (const asset of ASSETS) {
    const packed = isPacked(asset) ? null : Bun.gzipSync(asset.content)
    routes.get(asset.path, ({ request }) => answerAsset({ ...asset, packed }, request))
  }
  return routes
}

interface PackedAsset extends Asset {
  /** Null if compression doesn't make it smaller. */
  packed: Uint8Array<ArrayBuffer> | null
}

function answerAsset({ content, packed, contentType }: PackedAsset, request: Request): Response {
  const headers = {
    'Content-Type': contentType,
    'Cache-Control': CACHE_FOREVER,
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding',
  }
  if (packed === null || !acceptsGzip(request)) return new Response(content, { headers })
  return new Response(packed, { headers: { ...headers, 'Content-Encoding': 'gzip' } })
}

function isPacked({ contentType }: Asset): boolean {
  return contentType === 'font/woff2' || contentType === 'image/png'
}
