// The rules of the stylesheet: where they are, what they name, and which colors they may use.
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SHOWN_STATUSES } from '#domain/monitor-list.ts'
import { STYLESHEET } from '#views/assets.ts'
import { PING_WORDS } from '#words/ping.ts'
import { ROOT } from '../support/source.ts'

/** The possible ends of a class name that is put together in a view. */
const ENDINGS: Record<string, readonly string[]> = {
  'count-': SHOWN_STATUSES,
  'monitor-': SHOWN_STATUSES,
  'overview-': SHOWN_STATUSES,
  'outcome-': ['waiting', 'good', 'logged', 'bad'],
  'ping-': Object.keys(PING_WORDS),
  'status-': SHOWN_STATUSES,
}

/** Classes without a rule, by which a script, a test or another rule finds an element. */
const HOOKS = ['durations-key', 'entries-top', 'entry-blackout', 'number', 'uptime']

/** Classes that a library sets. */
const FOREIGN = ['htmx-request']

const CSS = join(ROOT, 'assets/css')
const VIEWS = join(ROOT, 'src/views')
const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => ending.test(path))
const textOf = (path: string): string => readFileSync(path, 'utf8')

const styles = filesIn(CSS, /\.css$/).map((path) => ({ path, css: withoutComments(textOf(join(CSS, path))) }))
// Emails have a style sheet of their own.
const views = filesIn(VIEWS, /^(?!emails\/).*\.tsx$/).map((path) => ({ path, code: textOf(join(VIEWS, path)) }))
const scripts = filesIn(join(ROOT, 'assets'), /\.js$/).map((path) => textOf(join(ROOT, 'assets', path)))
const all = styles.map(({ css }) => css).join('\n')
const tokens = styles.find(({ path }) => path === 'tokens.css')?.css ?? ''

describe('stylesheet', () => {
  test('contains every file of assets/css', () => {
    const served = String(STYLESHEET.content)
    expect(styles.length).toBeGreaterThan(40)
    for (const { path } of styles) expect([path, served.includes(textOf(join(CSS, path)))]).toEqual([path, true])
  })

  test('a file is named after a view, or after a class in it', () => {
    const rooms = views.map(({ path }) => path.replace(/\.tsx$/, ''))
    const nameless = styles.filter(({ path, css }) => {
      if (dirname(path) === '.') return false
      const name = path.replace(/\.css$/, '')
      const isView = rooms.some((room) => room === name || room.startsWith(`${name}/`))
      return !isView && !classesOfRules(css).has(basename(name))
    })
    expect(nameless.map(({ path }) => path)).toEqual([])
  })

  test('every class of a view has a rule, or is listed as a hook', () => {
    const ruled = classesOfRules(all)
    const used = views.flatMap(({ code }) => classesOfViews(code))
    expect(used.length).toBeGreaterThan(300)
    const bare = used.filter((name) => !ruled.has(name) && !HOOKS.includes(name) && !isFilledIn(name, ruled))
    expect([...new Set(bare)].sort()).toEqual([])
  })

  test('every class of a rule is used by a view or a script', () => {
    const words = new Set([...views.map(({ code }) => code), ...scripts].flatMap(wordsOfStrings))
    const filled = new Set(views.flatMap(({ code }) => classesOfViews(code)))
    const dead = [...classesOfRules(all)].filter(
      (name) => !words.has(name) && !filled.has(name) && !FOREIGN.includes(name),
    )
    expect(dead.sort()).toEqual([])
  })

  test('every hook is used by a view, and has no rule', () => {
    const used = new Set(views.flatMap(({ code }) => classesOfViews(code)))
    expect(HOOKS.filter((name) => !used.has(name) || classesOfRules(all).has(name))).toEqual([])
  })

  test('colors are defined only in tokens.css', () => {
    const COLOR =
      /#[\da-f]{3,8}\b(?=[^{}]*[;}])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark)\(/gi
    const NAMED = /:[^;{}]*\b(?:white|black|red|green|blue|gray|grey|yellow|orange|purple|silver|teal)\b/gi
    const found = styles
      .filter(({ path }) => path !== 'tokens.css')
      .flatMap(({ path, css }) => [...css.matchAll(COLOR), ...css.matchAll(NAMED)].map(([text]) => `${path}: ${text}`))
    expect(found).toEqual([])
  })

  test('every token is used, and every used token is defined', () => {
    const [defined, definedAnywhere, used] = [
      propertiesOf(tokens),
      new Set(propertiesOf(all)),
      new Set(referencesOf(all)),
    ]
    expect([...used].filter((name) => !definedAnywhere.has(name))).toEqual([])
    expect(defined.filter((name) => !used.has(name))).toEqual([])
  })
})

describe('Color contrast', () => {
  const SURFACES = ['paper', 'sunken', 'raised', 'accent-wash', 'down-wash', 'late-wash']
  const PAIRS: [text: string, surfaces: string[], least: number][] = [
    ['ink', SURFACES, 7],
    ['ink-2', SURFACES, 4.5],
    ['ink-3', ['paper', 'sunken', 'raised', 'down-wash', 'late-wash'], 4.5],
    ['accent', SURFACES, 4.5],
    ['down', ['paper', 'sunken', 'down-wash'], 4.5],
    ['late', ['paper', 'sunken', 'late-wash'], 4.5],
    ['up', ['paper', 'sunken', 'down-wash'], 4.5],
    ['new', ['paper', 'sunken', 'accent-wash'], 4.5],
    ['accent-ink', ['accent', 'accent-hover'], 4.5],
    ['term-ink', ['term'], 7],
    ['term-accent-ink', ['term-accent'], 4.5],
    ['edge', ['paper', 'sunken'], 3],
    ['run', ['paper', 'down-wash', 'late-wash'], 3],
  ]

  for (const [index, theme] of ['light', 'dark'].entries()) {
    test(`text is readable on every surface: ${theme}`, () => {
      const low = PAIRS.flatMap(([text, surfaces, least]) =>
        surfaces
          .map((surface) => ({
            pair: `${text} on ${surface}`,
            has: contrast(color(text, index), color(surface, index)),
          }))
          .filter(({ has }) => has < least)
          .map(({ pair, has }) => `${pair}: ${has.toFixed(2)} of ${least}`),
      )
      expect(low).toEqual([])
    })
  }
})

function withoutComments(css: string): string {
  return css.replace(/\/\*[\s\S]*?\*\//g, '')
}

function propertiesOf(css: string): string[] {
  return [...css.matchAll(/(--[\w-]+):/g)].map(([, name = '']) => name)
}

function referencesOf(css: string): string[] {
  return [...css.matchAll(/var\((--[\w-]+)/g)].map(([, name = '']) => name)
}

/** Only from selectors: the part before a `{`. */
function classesOfRules(css: string): Set<string> {
  const selectors = [...css.matchAll(/([^{};]+)\{/g)].map(([, selector = '']) => selector.replace(/"[^"]*"/g, ''))
  return new Set(
    selectors.flatMap((selector) => [...selector.matchAll(/\.([a-z][\w-]*)/gi)].map(([, name = '']) => name)),
  )
}

/** From `class="a b"` and every string in `class={...}`; a name that is put together is listed with each ending. */
function classesOfViews(code: string): string[] {
  const plain = [...code.matchAll(/\bclass="([^"]*)"/g)].map(([, names = '']) => names)
  const computed = [...code.matchAll(/\bclass=\{((?:[^{}]|\{[^{}]*\})*)\}/g)].flatMap(([, expression = '']) =>
    [...expression.matchAll(/'([^']*)'|`([^`]*)`/g)].map(([, quoted, template]) => quoted ?? template ?? ''),
  )
  return [...plain, ...computed]
    .flatMap((names) => names.replace(/\$\{[^}]*\?[^}]*\}/g, '').split(/\s+/))
    .filter((name) => name !== '')
    .flatMap(withEndings)
}

function withEndings(name: string): string[] {
  const [, stem] = /^([a-z-]+-)\$\{\w+\}$/.exec(name) ?? []
  if (stem === undefined) return [name]
  const endings = ENDINGS[stem]
  if (endings === undefined) throw new Error(`ENDINGS has no entry for the class "${stem}".`)
  return endings.map((ending) => stem + ending)
}

/** Whether another class of its family has a rule, as `count-down` for `count-up`. */
function isFilledIn(name: string, ruled: Set<string>): boolean {
  return Object.entries(ENDINGS).some(
    ([stem, endings]) =>
      name.startsWith(stem) &&
      endings.includes(name.slice(stem.length)) &&
      endings.some((end) => ruled.has(stem + end)),
  )
}

function wordsOfStrings(code: string): string[] {
  return [...code.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].flatMap(([, one, two, three]) =>
    (one ?? two ?? three ?? '').split(/[^\w-]+/),
  )
}

/** The color of a token in one theme, as red, green and blue from 0 to 255. */
function color(name: string, theme: number): number[] {
  const [, value = ''] = new RegExp(`--${name}: ([^;]+);`).exec(tokens) ?? []
  const hex = [...value.matchAll(/#([\da-f]{6})\b/g)].map(([, digits = '']) => digits)
  const digits = hex[theme] ?? hex[0]
  if (digits === undefined) throw new Error(`Color "${name}" does not exist.`)
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16))
}

/** As WCAG 2 defines it. */
function contrast(one: number[], other: number[]): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(rgb: number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb
    .map((channel) => channel / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
