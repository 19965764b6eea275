// What makes the pages an app on a phone: the manifest and the service worker for push notifications.
import type { Deps } from '#deps.ts'
import { url, withBasePath } from '#lib/base-path.ts'
import { ICON_192, ICON_512, PUSH_WORKER } from '#views/assets.ts'
import { cookielessRoutes } from './routes.ts'

// Browsers look for a new version by the same address.
const HEADERS = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' }

export function webAppRoutes({ config: { basePath } }: Pick<Deps, 'config'>) {
  return cookielessRoutes('web-app', 'text')
    .get('/manifest.webmanifest', () => withBasePath(basePath, manifest))
    .get('/push-worker.js', () => withBasePath(basePath, serviceWorker))
}

function manifest(): Response {
  const icon = (path: string, size: number) => ({ src: path, sizes: `${size}x${size}`, type: 'image/png' })
  const content = {
    name: 'CronGuard',
    id: url('/'),
    start_url: url('/'),
    scope: url('/'),
    display: 'standalone',
    background_color: '#ffffff',
    theme_color: '#0f6b62',
    icons: [icon(url(ICON_192.path), 192), icon(url(ICON_512.path), 512)],
  }
  return Response.json(content, { headers: { ...HEADERS, 'Content-Type': 'application/manifest+json' } })
}

// The scope is the folder of the script: all pages.
function serviceWorker(): Response {
  const text = PUSH_WORKER.replace('ICON_PATH', url(ICON_192.path))
  return new Response(text, {
    headers: {
      ...HEADERS,
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'",
    },
  })
}
