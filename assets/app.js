// What every page does in a browser: clocks that go on, copying, keys, menus. Without it every page still works.
;(() => {
  const LEAVING_MS = 5000
  const clockOffset = (() => {
    const live = document.getElementById('live')
    return live ? Number(live.dataset.now) - Date.now() : 0
  })()

  /** The moment on the server's clock. */
  const now = () => Date.now() + clockOffset

  // @NOTE The words are those of src/words/moment.ts.
  const UNITS = [
    ['week', 604_800_000],
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ]

  const inWords = (ms) => {
    for (const [name, unit] of UNITS) {
      const count = Math.floor(ms / unit)
      if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`
    }
    return 'a moment'
  }

  const CLOCKS = {
    lasting: (at, moment) => inWords(Math.max(0, moment - at)),
    ago: (at, moment) => (moment - at < 5000 ? 'just now' : `${inWords(moment - at)} ago`),
    due: (at, moment) => {
      if (Math.abs(at - moment) < 1000) return 'due now'
      return at > moment ? `in ${inWords(at - moment)}` : `${inWords(moment - at)} overdue`
    },
  }

  const turnClocks = () => {
    if (document.hidden) return
    const moment = now()
    for (const clock of document.querySelectorAll('time[data-clock]')) {
      const text = CLOCKS[clock.dataset.clock]?.(Date.parse(clock.dateTime), moment)
      if (text && clock.textContent !== text) clock.textContent = text
    }
  }

  const announce = (text) => {
    const announcer = document.getElementById('announcer')
    if (announcer) announcer.textContent = text
  }

  // Browsers give the clipboard to pages over https and on localhost only; elsewhere the text is selected and copied.
  const copy = async (source) => {
    const text = source.value ?? source.textContent
    if (navigator.clipboard) return navigator.clipboard.writeText(text)
    const range = document.createRange()
    range.selectNodeContents(source)
    const selection = getSelection()
    selection.removeAllRanges()
    selection.addRange(range)
    if (!document.execCommand('copy')) throw new Error('not copied')
    selection.removeAllRanges()
  }

  // Only the visible word changes. The text for screen readers stays.
  const answerCopy = async (button) => {
    const word = button.firstChild
    button.dataset.word ??= word.textContent
    try {
      await copy(document.getElementById(button.dataset.copy))
      word.textContent = 'Copied'
      announce('Copied')
    } catch {
      word.textContent = 'Press Ctrl+C to copy'
    }
    setTimeout(() => {
      word.textContent = button.dataset.word
    }, 2000)
  }

  // Fires the events of typing, so that listeners of the field react.
  const putInto = (field, text) => {
    field.value = text
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus()
  }

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll('details.menu[open]')) if (menu !== except) menu.open = false
  }

  const isTyping = (element) => element.closest('input, textarea, select, [contenteditable]') !== null

  const takeKey = (event) => {
    // A search in a form must not save it.
    if (event.key === 'Enter' && event.target.matches('[data-filter]')) event.preventDefault()
    if (event.key === 'Escape') {
      const menu = document.activeElement?.closest('details.menu[open]')
      closeMenus(null)
      menu?.querySelector('summary').focus()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`)
    if (!target) return
    event.preventDefault()
    if (target.matches('input')) target.focus()
    else target.click()
  }

  const fill = () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    for (const field of document.querySelectorAll('[data-fill="time-zone"]')) if (!field.value) field.value = zone
    for (const offer of document.querySelectorAll('[data-offer="time-zone"]')) offerZone(offer, zone)
  }

  const offerZone = (offer, zone) => {
    const select = document.getElementById(offer.dataset.for)
    if (!select || select.value === zone) return
    offer.querySelector('[data-zone]').textContent = zone
    offer.hidden = false
    offer.querySelector('button').addEventListener('click', () => {
      if (![...select.options].some((option) => option.value === zone)) select.add(new Option(zone, zone))
      select.value = zone
      select.dispatchEvent(new Event('change', { bubbles: true }))
      offer.hidden = true
    })
  }

  // The way back to a list leads to it as it was left: searched, filtered and sorted.
  const listPath = () => {
    const part = document.getElementById('monitors')?.getAttribute('hx-get') ?? ''
    const [, path, query = ''] = /^(.*)\/monitors\/list(\?.*)?$/.exec(part) ?? []
    return path ? { path, query } : { path: location.pathname, query: location.search }
  }
  const rememberList = () => {
    if (document.querySelector('.crumbs')) return
    const { path, query } = listPath()
    sessionStorage.setItem(`list ${path}`, query)
  }
  const leadBack = () => {
    for (const link of document.querySelectorAll('.crumbs a')) {
      const [path] = link.getAttribute('href').split('?')
      link.setAttribute('href', path + (sessionStorage.getItem(`list ${path}`) ?? ''))
    }
  }
  addEventListener('pagehide', rememberList)

  // Hides the items of a list that lack a word of the search, and groups without an item.
  const filterList = (field) => {
    const wanted = field.value.toLowerCase().split(/\s+/)
    const list = document.getElementById(field.dataset.filter)
    const items = [...list.querySelectorAll('[data-filter-item]')]
    for (const item of items) item.hidden = !wanted.every((word) => item.textContent.toLowerCase().includes(word))
    for (const group of list.querySelectorAll('[data-filter-group]')) {
      group.hidden = !group.querySelector('[data-filter-item]:not([hidden])')
    }
    for (const note of list.querySelectorAll('[data-no-match]')) note.hidden = items.some((item) => !item.hidden)
  }

  document.documentElement.classList.add('has-script')
  document.addEventListener('input', (event) => {
    if (event.target.matches('[data-filter]')) filterList(event.target)
  })
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy]')
    if (button) answerCopy(button)
    const put = event.target.closest('[data-put]')
    if (put) putInto(document.getElementById(put.dataset.put), put.value)
    event.target.closest('[data-close]')?.parentElement.remove()
    closeMenus(event.target.closest('details.menu'))
  })
  document.addEventListener('keydown', takeKey)
  document.addEventListener('focusout', (event) => {
    const menu = event.target.closest?.('details.menu[open]')
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false
  })
  document.addEventListener('visibilitychange', turnClocks)
  // After signing out, the next page says so. A download doesn't leave the page.
  addEventListener('beforeunload', () => {
    document.documentElement.classList.add('is-leaving')
    setTimeout(() => document.documentElement.classList.remove('is-leaving'), LEAVING_MS)
  })
  // If the user lost access to a part of the page, the whole page is reloaded: it says what to do.
  document.addEventListener('htmx:response:error', (event) => {
    const isLeaving = document.documentElement.classList.contains('is-leaving')
    const { status, headers } = event.detail?.ctx?.response ?? {}
    const isOver = status === 401 || (status === 404 && headers?.get?.('X-Request-Id'))
    if (isOver && !isLeaving) location.reload()
  })
  // The user waits for a response that won't arrive.
  document.addEventListener('htmx:error', (event) => {
    const place = event.detail?.ctx?.target
    if (place?.matches?.('.test-place')) place.textContent = "CronGuard can't be reached. Try again."
  })
  // A browser that goes back brings what was typed, and not what was shown for it.
  const askAgain = () => {
    for (const field of document.querySelectorAll('.schedule :is(input, textarea, select)')) {
      const isTyped = field.options
        ? [...field.options].some(({ selected, defaultSelected }) => selected !== defaultSelected)
        : field.value !== field.defaultValue
      if (isTyped) field.dispatchEvent(new Event('input', { bubbles: true }))
    }
  }
  // After the others that wait for the page: htmx does not listen before.
  addEventListener('pageshow', () => setTimeout(askAgain, 0))
  fill()
  leadBack()
  setInterval(turnClocks, 1000)
})()
