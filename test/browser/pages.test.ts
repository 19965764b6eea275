// Every page, in light and dark, wide and narrow, with the worst names that a user may enter.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { Binary, eventually } from '../support/binary.ts'
import {
  ADA,
  CHROMIUM,
  contrastsOn,
  createAda,
  type Look,
  launch,
  newPerson,
  overhangOf,
  type Person,
  signIn,
  violationsOn,
} from '../support/browser.ts'
import { ProgramsFolder } from '../support/programs-folder.ts'

const NO_BROWSER = CHROMIUM === null
const HOSTILE = [
  '<script>document.title = "owned"</script>',
  `"'><img src=x onerror="document.title='owned'">`,
  '\u202Eexe.txt نص عربي',
  '🧨🚀 emoji 👩‍👩‍👧‍👦',
  'x'.repeat(100),
  'many words that go on and on until the line is full and then some more of them until it ends',
]
/** Kinds whose forms differ: few and many fields, folded ones, a look-up, a subscription, and other channels. */
const FORMS = [
  'email',
  'webhook',
  'slack',
  'telegram',
  'ntfy',
  'pushover',
  'web-push',
  'trello',
  'mqtt',
  'shell',
  'group',
]
const LOOKS: Look[] = [
  { width: 1280, scheme: 'light' },
  { width: 360, scheme: 'dark' },
]

let cronguard: Binary
let browser: Browser
let programs: ProgramsFolder
let paths: string[]

describe.skipIf(NO_BROWSER)(`Every page${NO_BROWSER ? ' (skipped: Chromium is not installed)' : ''}`, () => {
  beforeAll(async () => {
    programs = new ProgramsFolder()
    cronguard = await Binary.prepare(programs.env)
    await cronguard.start()
    browser = await launch()
    await fillWithHostileThings()
    paths = await findPaths()
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    await cronguard?.dispose()
    programs?.dispose()
  })

  test('passes axe, without browser errors and policy violations, in light and dark, wide and narrow', async () => {
    const walks = await Promise.all(LOOKS.map((look) => walk(look, problemsOf)))
    expect(walks.flat()).toEqual([])
  }, 600_000)

  test('fits into 320 px', async () => {
    expect(await walk({ width: 320, scheme: 'light' }, overhangProblems)).toEqual([])
  }, 600_000)

  test('has touch targets of at least 44 px', async () => {
    expect(await walk({ width: 360, scheme: 'light', hasTouch: true }, targetProblems)).toEqual([])
  }, 600_000)

  test('passes axe without a sign-in, too', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const visitor = await newPerson(browser, cronguard.url, { width: 360, scheme })
      const found: string[] = []
      for (const path of ['/login', '/docs', '/docs/pinging']) found.push(...(await problemsOf(visitor.page, path)))
      expect(found).toEqual([])
      expect(visitor.complaints).toEqual([])
      await visitor.context.close()
    }
  }, 180_000)

  test('that does not exist is a 404 page that passes axe', async () => {
    const ada = await signedIn({ width: 360, scheme: 'dark' })
    for (const path of ['/nowhere', '/monitors/unknown', '/invitations/nothing']) {
      expect((await ada.page.goto(path))?.status()).toBe(404)
      expect(await violationsOn(ada.page)).toEqual([])
    }
    await ada.context.close()
  }, 30_000)

  test('works without JavaScript: search, links and forms', async () => {
    const context = await browser.newContext({ baseURL: cronguard.url, javaScriptEnabled: false })
    const page = await context.newPage()
    await signIn(page)
    await page.goto('/?q=words')
    expect(await page.locator('.monitor').count()).toBe(1)
    await page.locator('.monitor-name').first().click()
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('main .status-paused').first().waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('main .status-new').first().waitFor()
    await context.close()
  }, 30_000)

  test('works by keyboard: the skip link, search and new monitor', async () => {
    const { page, context } = await signedIn({ width: 1280, scheme: 'light' })
    await page.goto('/')
    await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main')
    await page.keyboard.press('/')
    expect(await page.evaluate<string>('document.activeElement.name')).toBe('q')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('n')
    await page.waitForURL(/monitors\/new$/)
    await context.close()
  }, 30_000)
})

test.skipIf(NO_BROWSER)(
  'Project with a long name: fits into the bar, and links in a list have room between them',
  async () => {
    cronguard = await Binary.prepare()
    await cronguard.start()
    browser = await launch()
    await createAda(cronguard)
    const { page, context } = await signedIn({ width: 360, scheme: 'light' })
    for (const name of ['short', 'W'.repeat(100)]) {
      await page.goto('/projects/new')
      await page.getByLabel('Name').fill(name)
      await page.getByRole('button', { name: 'Create project' }).click()
      await page.getByText('Project created.').waitFor()
    }
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 800 })
      const bottoms =
        "[...document.querySelectorAll('.bar > :not(nav)')].map((part) => part.getBoundingClientRect().bottom)"
      expect(await page.evaluate<number>(`Math.max(...${bottoms})`)).toBeLessThan(100)
    }
    await page.goto('/settings/delete')
    const tops = "[...document.querySelectorAll('.plain-list a')].map((link) => link.getBoundingClientRect().top)"
    const [first = 0, second = 0] = await page.evaluate<number[]>(tops)
    expect(second - first).toBeGreaterThanOrEqual(TARGET_PX)
    await context.close()
    await browser.close()
    await cronguard.dispose()
  },
  60_000,
)

async function fillWithHostileThings(): Promise<void> {
  await createAda(cronguard)
  const key = (await cronguard.run(['key', 'create', ADA.email])).stdout.trim()
  for (const name of HOSTILE) {
    const hook = { kind: 'webhook', name: name.slice(0, 100), settings: { url: 'http://127.0.0.1:9/hook' } }
    await cronguard.api('/channels/', { key, body: hook })
  }
  for (const [index, name] of HOSTILE.entries()) {
    const check = { name, tags: `tag ${name}`, desc: `${name}\n${name}`, timeout: 3600, grace: 60, channels: '*' }
    const { ping_url } = await cronguard.api('/checks/', { key, body: check })
    if (index === HOSTILE.length - 1) continue
    const init = { method: 'POST', body: `${name}\0\n${name}`, headers: { 'User-Agent': encodeURI(name) } }
    for (const ending of ['/start', '', '/start', '/3', '/log']) await fetch(`${ping_url}${ending}`, init)
  }
}

async function signedIn(look: Look): Promise<Person> {
  const person = await newPerson(browser, cronguard.url, look)
  await signIn(person.page)
  return person
}

/** The paths of all pages: one of each kind, and each with a hostile name. */
async function findPaths(): Promise<string[]> {
  const { page, context } = await signedIn({ width: 1280, scheme: 'light' })
  const linksOn = async (path: string, pattern: RegExp): Promise<string[]> => {
    await page.goto(path)
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('a')].map((a) => a.getAttribute('href'))",
    )
    return [...new Set(links.filter((link) => link !== null && pattern.test(link)))]
  }
  const monitors = await linksOn('/', /^\/monitors\/[0-9a-f]{40}$/)
  const [project = ''] = await linksOn('/', /^\/projects\/[0-9a-f-]{36}$/)
  await eventually('an incident', async () => (await linksOn(`${project}/incidents`, /^\/incidents\//)).length > 0)
  const incidents = await linksOn(`${project}/incidents`, /^\/incidents\/[0-9a-f-]{36}$/)
  const channels = await linksOn(`${project}/channels`, /^\/channels\/[0-9a-f-]{36}$/)
  const docs = await linksOn('/docs', /^\/docs\/[a-z]+$/)
  await context.close()
  const [monitor] = monitors
  const lists = ['', '?q=nothing', '/monitors/new', '/incidents', '/channels', '/channels/new', '/settings', '/delete']
  return [
    ...lists.map((path) => `${project}${path}`),
    ...['/projects/new', '/settings', '/settings/delete', '/instance', '/docs'],
    ...monitors,
    ...['edit', 'delete', 'pings/1', 'pings/2'].map((path) => `${monitor}/${path}`),
    ...incidents.slice(0, 3),
    ...FORMS.map((kind) => `${project}/channels/new?kind=${kind}`),
    `${project}/channels/new?kind=webhook&preset=3`,
    ...channels.slice(0, 3),
    `${channels.at(-1)}/disable`,
    `${channels[0]}/delete`,
    ...docs,
  ]
}

/** All problems of all pages, for a signed-in user. */
async function walk(look: Look, problemsOn: (page: Page, path: string) => Promise<string[]>): Promise<string[]> {
  const { page, context, complaints } = await signedIn(look)
  const problems: string[] = []
  for (const path of paths) problems.push(...(await problemsOn(page, path)))
  await context.close()
  return [...problems, ...complaints].map((problem) => `${look.width} px, ${look.scheme}: ${problem}`)
}

async function problemsOf(page: Page, path: string): Promise<string[]> {
  const problems = await overhangProblems(page, path)
  problems.push(...(await violationsOn(page)).map((problem) => `${path}: ${problem}`))
  // The other color scheme, on the same page.
  const scheme = (await page.evaluate<boolean>("matchMedia('(prefers-color-scheme: dark)').matches")) ? 'light' : 'dark'
  await page.emulateMedia({ colorScheme: scheme })
  problems.push(...(await contrastsOn(page)).map((problem) => `${path} in ${scheme}: ${problem}`))
  await page.emulateMedia({ colorScheme: scheme === 'dark' ? 'light' : 'dark' })
  if ((await page.title()) === 'owned') problems.push(`${path}: ran code from user input`)
  return problems
}

const TOUCH_PX = 44
/** The distance from one link to the next, as WCAG requires. */
const TARGET_PX = 24
const TARGETS = 'nav a, .bar-end a, .bar summary, .snippets summary, .button:not(.button-link)'

async function targetProblems(page: Page, path: string): Promise<string[]> {
  const problems = await overhangProblems(page, path)
  const small = await page.evaluate<string[]>(`[...document.querySelectorAll('${TARGETS}')]
    .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < ${TOUCH_PX})
    .map((target) => target.outerHTML.slice(0, 100))`)
  return [...problems, ...small.map((target) => `${path}: is too small to touch: ${target}`)]
}

async function overhangProblems(page: Page, path: string): Promise<string[]> {
  const response = await page.goto(path)
  const overhang = await overhangOf(page)
  return [
    ...(response?.status() === 200 ? [] : [`${path}: was answered ${response?.status()}`]),
    ...(overhang > 0 ? [`${path}: is ${overhang} px too wide`] : []),
  ]
}
