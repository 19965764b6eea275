// Subscribes this browser to push notifications, and fills in the fields of the form.
;(() => {
  const bytesOf = (base64url) =>
    Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0))

  const subscribe = async ({ key, worker }) => {
    await navigator.serviceWorker.register(worker)
    const registration = await navigator.serviceWorker.ready
    const options = { userVisibleOnly: true, applicationServerKey: bytesOf(key) }
    // A subscription for another key, of an earlier server at this address, must end first.
    const subscription = await registration.pushManager.subscribe(options).catch(async () => {
      await (await registration.pushManager.getSubscription())?.unsubscribe()
      return await registration.pushManager.subscribe(options)
    })
    const json = subscription.toJSON()
    // The service worker needs it when the browser replaces the subscription.
    const place = new URL('push-renewal', new URL(worker, location.href))
    await (await caches.open('push')).put(place, Response.json({ endpoint: json.endpoint, key }))
    return json
  }

  const problemOf = () => {
    if (!window.isSecureContext) return 'Open CronGuard over HTTPS. Browsers allow push notifications only there.'
    if ('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window) return null
    return 'This browser does not support push notifications here. On an iPhone, add CronGuard to the home screen first.'
  }

  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-push-subscribe]')
    if (!button) return
    const place = button.closest('[data-push]')
    const say = (text) => {
      place.querySelector('[data-push-state]').textContent = text
    }
    const problem = problemOf()
    if (problem) return say(problem)
    if ((await Notification.requestPermission()) !== 'granted')
      return say('Notifications are blocked. Allow them in the browser settings, then try again.')
    button.disabled = true
    try {
      const { endpoint, keys } = await subscribe(place.dataset)
      for (const [name, value] of Object.entries({ endpoint, ...keys }))
        place.querySelector(`[name="setting-${name}"]`).value = value
      say('Notifications allowed. Save the channel.')
    } catch (error) {
      button.disabled = false
      say(`The browser could not subscribe: ${error.message}`)
    }
  })
})()
