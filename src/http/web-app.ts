// What makes the pages an app on a phone: the manifest and the service worker for push notifications.
import { replaceSubscription } from '#actions/push-subscriptions.ts'
import type { Deps } from '#deps.ts'
import { url, withBasePath } from '#lib/base-path.ts'
import { ICON_192, ICON_512, PUSH_WORKER } from '#views/assets.ts'
import { readForm } from './forms.ts'
import { cookielessRoutes } from './routes.ts'

// Browsers look for a new version by the same address.
const HEADERS = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' }

export function webAppRoutes(deps: Deps) {
  const { basePath } = deps.config
  return cookielessRoutes('web-app', 'text')
    .get('/manifest.webmanifest', () => withBasePath(basePath, manifest))
    .get('/push-worker.js', () => withBasePath(basePath, serviceWorker))
    .post('/push-renewal', ({ request }) => resubscribe(deps, request), { parse: 'none' })
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

// The service worker has no session. It proves with the former endpoint that it is the subscribed browser.
async function resubscribe(deps: Deps, request: Request): Promise<Response> {
  const form = await readForm(request)
  const subscription = { endpoint: form.text('endpoint'), p256dh: form.text('p256dh'), auth: form.text('auth') }
  replaceSubscription(deps, { endpoint: form.text('former'), subscription })
  return new Response(null, { status: 204 })
}

// The scope is the folder of the script: all pages.
function serviceWorker(): Response {
  const text = PUSH_WORKER.replace('ICON_PATH', url(ICON_192.path))
  return new Response(text, {
    headers: {
      ...HEADERS,
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; connect-src 'self'",
    },
  })
}
