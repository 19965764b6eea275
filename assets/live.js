// Draws what comes over the stream of this tab: rows that changed, the counts, the tab's title and picture. Where no
// stream can pass, or the tab is in the background, it asks now and then instead.
;(() => {
  const CHECK_MS = 3000
  /** The server sends a heartbeat every five seconds. */
  const SILENT_AFTER_MS = 11_000
  const POLL_MS = 9000
  const BACKGROUND_POLL_MS = 30_000
  const STATUSES = ['down', 'late', 'up', 'new', 'paused']

  const live = document.getElementById('live')
  if (!live) return
  const title = document.title.replace(/^\(\d+ down\) /, '')
  const favicon = document.getElementById('favicon')
  const wellIcon = favicon.getAttribute('href')
  let lastSignAt = Date.now()
  let refreshTimer

  const list = () => document.getElementById('monitors')

  const showCounts = (counts) => {
    document.title = counts.down > 0 ? `(${counts.down} down) ${title}` : title
    favicon.setAttribute('href', counts.down > 0 ? favicon.dataset.down : wellIcon)
    const all = STATUSES.reduce((sum, status) => sum + counts[status], 0)
    // The first monitor was made elsewhere: this page still shows how to make one.
    if (all > 0 && document.querySelector('[data-first-monitor]')) location.reload()
    const rows = list()?.querySelector('.monitors')
    if (rows && !list().dataset.filtered && rows.children.length !== all) refresh()
    // A filtered list has counts of its own, which come with it.
    if (list()?.dataset.filtered) return
    for (const [status, count] of Object.entries({ ...counts, all })) {
      for (const number of document.querySelectorAll(`[data-count="${status}"]`)) {
        number.textContent = count
        number.closest('.count')?.toggleAttribute('data-empty', count === 0 && status !== 'all')
      }
    }
  }

  // Combines many changes into one request. A job that pings all the time must not delay it forever.
  const refresh = () => {
    if (refreshTimer) return
    refreshTimer = setTimeout(() => {
      refreshTimer = undefined
      if (list()) htmx.trigger(list(), 'refresh')
      for (const part of document.querySelectorAll('[data-live-project]')) htmx.trigger(part, 'project-changed')
    }, 400)
  }

  const refreshBadges = () => {
    for (const badge of document.querySelectorAll('img.badge')) badge.src = `${badge.src.split('?')[0]}?${Date.now()}`
  }

  const refreshAll = () => {
    refresh()
    refreshBadges()
    for (const part of document.querySelectorAll('[data-live-monitor]')) htmx.trigger(part, 'monitor-changed')
  }

  // As the server sorts. @NOTE src/lib/sorting.ts
  const inOrder = new Intl.Collator('en', { numeric: true })

  const place = (rows, row) => {
    const isLater = (other) => inOrder.compare(other.dataset.order, row.dataset.order) > 0
    const next = [...rows.children].find((other) => other !== row && isLater(other))
    rows.insertBefore(row, next ?? null)
  }

  const announceChange = (row, before) => {
    const status = row.dataset.status
    if (!before || before === status) return
    const announcer = document.getElementById('announcer')
    const name = row.querySelector('.monitor-name').textContent.trim()
    if (announcer && (status === 'down' || before === 'down')) announcer.textContent = `${name} is ${status}`
  }

  const showRow = (html) => {
    const template = document.createElement('template')
    template.innerHTML = html
    const row = template.content.firstElementChild
    for (const part of document.querySelectorAll(`[data-live-monitor="${row.dataset.key}"]`)) {
      htmx.trigger(part, 'monitor-changed')
      refreshBadges()
    }
    const rows = list()?.querySelector('.monitors')
    if (!rows || list().dataset.filtered) return refresh()
    const old = document.getElementById(row.id)
    announceChange(row, old?.dataset.status)
    const hadFocus = old?.contains(document.activeElement)
    const stays = old && old.dataset.order === row.dataset.order
    if (old) old.replaceWith(row)
    if (!stays) place(rows, row)
    if (hadFocus) row.querySelector('a').focus()
    row.classList.add('monitor-changed')
    refreshParts()
  }

  const refreshParts = () => {
    if (document.querySelector('[data-live-project]')) refresh()
  }

  live.addEventListener('counts', (event) => showCounts(JSON.parse(event.detail.data)))
  live.addEventListener('row', (event) => showRow(event.detail.data))
  live.addEventListener('gone', (event) => {
    document.getElementById(`monitor-${event.detail.data}`)?.remove()
    // It may be the one that this page is about.
    refreshAll()
  })
  live.addEventListener('refresh', refreshAll)
  for (const event of ['alive', 'counts', 'row', 'gone', 'refresh']) {
    live.addEventListener(event, () => {
      lastSignAt = Date.now()
      showAway(false)
    })
  }

  const away = document.getElementById('away')

  // The page is outdated then, and must not look current.
  const showAway = (isAway) => {
    if (away.hidden === !isAway && (away.dataset.why ?? 'unreachable') === 'unreachable') return
    away.dataset.why = 'unreachable'
    away.querySelector('[data-away-since]').textContent = timeOf(lastSignAt)
    away.hidden = !isAway
    document.documentElement.classList.toggle('is-away', isAway)
    document.title = isAway ? `(offline) ${title}` : title
  }

  const timeOf = (at) => new Date(at).toLocaleTimeString('en-GB', { timeZone: live.dataset.zone })

  const ENDS = {
    401: { why: 'signed-out', title: 'Signed out · CronGuard' },
    403: { why: 'gone', title: 'No access · CronGuard' },
    404: { why: 'gone', title: 'Not found · CronGuard' },
  }

  // A tab whose session ended, or whose project was deleted, must not keep showing old statuses. If it is visible, the
  // whole page is replaced, unless that would lose text that the user has typed.
  const showEnd = ({ why, title }) => {
    document.title = title
    if (document.hidden || document.documentElement.classList.contains('is-leaving')) return
    if (!document.querySelector('main .form')) return location.reload()
    away.dataset.why = why
    away.hidden = false
  }

  // A proxy may answer with the same status if it can't reach CronGuard.
  const endOf = (answer) => (answer?.headers.has('X-Request-Id') ? ENDS[answer.status] : undefined)

  // A proxy that requires a password answers with its own page.
  const readCounts = (answer) => {
    const isOurs = answer.ok && answer.headers.get('content-type')?.startsWith('application/json')
    return isOurs ? answer.json().catch(() => null) : null
  }

  const askCounts = async () => {
    const answer = await fetch(live.dataset.counts, { headers: { 'HX-Request': 'true' } }).catch(() => null)
    const end = endOf(answer)
    if (end) return showEnd(end)
    const counts = answer && (await readCounts(answer))
    showAway(!counts)
    if (counts) showCounts(counts)
    return counts !== null
  }

  live.addEventListener('htmx:sse:error', (event) => {
    if (event.detail.status in ENDS) askCounts()
  })

  // A browser allows a few connections to one place: tabs in the background give theirs back, and ask.
  setInterval(() => {
    if (document.hidden) askCounts()
  }, BACKGROUND_POLL_MS)
  let polledAt = 0
  setInterval(async () => {
    const isSilent = Date.now() - lastSignAt > SILENT_AFTER_MS
    if (document.hidden || !isSilent || Date.now() - polledAt < POLL_MS) return
    polledAt = Date.now()
    if (await askCounts()) refreshAll()
  }, CHECK_MS)
})()
