// The service worker: shows push notifications, and opens a page when one is clicked.
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
