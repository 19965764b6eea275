// The service worker: shows push notifications, opens a page when one is clicked, and keeps the subscription.
const ICON = 'ICON_PATH'

self.addEventListener('push', (event) => {
  const { title, body, tag, status, at, links } = event.data.json()
  const [open, ...others] = links
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      tag,
      renotify: true,
      timestamp: at,
      requireInteraction: status === 'down',
      icon: ICON,
      data: { open: open.url, others: others.map(({ url }) => url) },
      actions: others.map(({ label }, index) => ({ action: String(index), title: label })),
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  const { open, others } = event.notification.data
  event.notification.close()
  event.waitUntil(self.clients.openWindow(event.action === '' ? open : others[Number(event.action)]))
})

// Some browsers don't say what the former subscription was, so the page left a copy of it (push.js).
const PLACE = 'push-renewal'

const resubscribe = async ({ newSubscription }) => {
  const former = await (await caches.match(PLACE))?.json()
  if (!former) return
  const options = { userVisibleOnly: true, applicationServerKey: former.key }
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options))
  const { endpoint, keys } = subscription.toJSON()
  const body = new URLSearchParams({ former: former.endpoint, endpoint, ...keys })
  const { ok } = await fetch(PLACE, { method: 'POST', body, credentials: 'omit' })
  if (ok) await (await caches.open('push')).put(PLACE, Response.json({ ...former, endpoint }))
}

self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(resubscribe(event)))
