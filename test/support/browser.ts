import { existsSync } from 'node:fs'
import axe, { type AxeResults, type RunOptions } from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Binary } from './binary.ts'

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of Chromium; null if it is not installed: then its tests are skipped, and say so. */
export const CHROMIUM = EXECUTABLES.find(existsSync) ?? null

const QUIETLY = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// Scripts for a page are strings, because this project has no DOM types.
const REPORT_POLICY = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('The policy forbids ' + event.violatedDirective + ' ' + event.blockedURI)
})`

export async function launch(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error('Chromium is not installed.')
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return await chromium.launch({ executablePath: CHROMIUM, args: [...QUIETLY, ...asRoot] })
}

export interface Look {
  width: number
  scheme: 'light' | 'dark'
  /** Emulates a touch screen. */
  hasTouch?: boolean
  /** By default true. */
  hasScripts?: boolean
}

/** A browser window of one user. `complaints`: errors, warnings and policy violations in its console. */
export interface Person {
  page: Page
  context: BrowserContext
  complaints: string[]
}

export async function newPerson(browser: Browser, baseURL: string, look: Partial<Look> = {}): Promise<Person> {
  const context = await browser.newContext({
    // Colors must not be read during a transition.
    reducedMotion: 'reduce',
    baseURL,
    viewport: { width: look.width ?? 1280, height: 900 },
    colorScheme: look.scheme ?? 'light',
    hasTouch: look.hasTouch ?? false,
    javaScriptEnabled: look.hasScripts ?? true,
    permissions: ['clipboard-read', 'clipboard-write'],
    timezoneId: 'Europe/Riga',
  })
  await context.addInitScript(REPORT_POLICY)
  // Shorter than the timeout of a test, so that the error says what it waited for.
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  return { page, context, complaints }
}

/** The administrator. */
export const ADA = { email: 'ada@example.org', password: 'a very long engine' }

export async function createAda(cronguard: Binary): Promise<void> {
  await cronguard.run(['user', 'create', ADA.email, '--admin', '--password-stdin'], { input: ADA.password })
}

/** Signs Ada in, from this path, and waits until the next page has loaded and reacts to keys. */
export async function signIn(page: Page, { path = '/', heading = 'Monitors' } = {}): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Email').fill(ADA.email)
  await page.getByLabel('Password').fill(ADA.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: heading }).waitFor()
  await page.waitForLoadState('load')
}

/** The violations that axe-core finds on the page, one line for each element. */
export function violationsOn(page: Page): Promise<string[]> {
  return runAxe(page, { runOnly: RULES })
}

/** The violations of color contrast that axe-core finds. */
export function contrastsOn(page: Page): Promise<string[]> {
  return runAxe(page, { runOnly: ['color-contrast'] })
}

async function runAxe(page: Page, options: RunOptions): Promise<string[]> {
  await page.evaluate(`typeof axe === 'undefined' && (() => { ${axe.source} })()`)
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  )
}

/** By how many pixels the page is wider than the window. */
export function overhangOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
