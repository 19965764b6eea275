// README and documentation are correct: their tables come from the code, and what they show exists.
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createProgram } from '#commands/program.ts'
import { settingNames } from '#settings.ts'
import { withBlocks } from '../.ci/docs.ts'
import { codeIn, docFiles, readDoc } from './support/docs.ts'
import { ROOT } from './support/source.ts'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const PAGES = docFiles().map((name) => ({ name: `assets/docs/${name}`, text: readDoc(name) }))
const FILES = [{ name: 'README.md', text: README }, ...PAGES]

describe('Generated tables', () => {
  test('withBlocks writes between the markers, and nowhere else', () => {
    const before = 'a\n<!-- x:start -->\nold\n<!-- x:end -->\nb'
    expect(withBlocks(before, { x: 'new' })).toBe('a\n<!-- x:start -->\n\nnew\n\n<!-- x:end -->\nb')
    expect(() => withBlocks(before, {})).toThrow('Nothing makes the block x')
  })
})

describe('Documentation', () => {
  test('names every setting', () => {
    const configuration = readDoc('configuration.md')
    expect(settingNames().filter((name) => !configuration.includes(`\`${name}\``))).toEqual([])
  })

  test('names no setting that does not exist', () => {
    const known = settingNames()
    const unknown = FILES.flatMap(({ name, text }) =>
      [...text.matchAll(/CRONGUARD_[A-Z_]*[A-Z]/g)]
        .map(([setting]) => setting)
        .filter((setting) => !known.includes(setting) && !OF_SCRIPTS.includes(setting))
        .map((setting) => `${name}: ${setting}`),
    )
    expect(unknown).toEqual([])
  })

  test('shows only commands and options that exist', () => {
    const lines = FILES.flatMap(({ text }) => codeIn(text).flatMap(({ code }) => code.split('\n')))
    const shown = lines.flatMap((line) => [...line.matchAll(CALL)].map(([found]) => found))
    expect(shown.length).toBeGreaterThan(60)
    expect(shown.filter((call) => !exists(call))).toEqual([])
  })
})

/** Variables of install.sh and of the release, not of the server. */
const OF_SCRIPTS = ['CRONGUARD_RELEASE_KEY', 'CRONGUARD_DOWNLOAD_URL', 'CRONGUARD_DIALECT']

/** "cronguard" as a command in a shell, with its arguments. */
const CALL = /(?<=^|\(|[A-Z]=\S+ |-u cronguard )cronguard(?: [^|>)#{]+)?/g

const program = createProgram({} as never)

function exists(call: string): boolean {
  const words = call.trim().split(/\s+/).slice(1)
  let command: typeof program = program
  for (const word of words) command = command.commands.find((below) => below.name() === word) ?? command
  const flags = new Set(command.options.flatMap(({ long, short }) => [long, short]))
  const isCommand = command !== program || words.length === 0
  return isCommand && words.every((word) => !word.startsWith('--') || flags.has(word))
}

describe.each(FILES)('$name', ({ name, text }) => {
  const folder = join(ROOT, name, '..')
  const prose = text.replace(/```[\s\S]*?```/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => href)

  test('links only to files and headings that exist', () => {
    const broken = links.filter((href) => !/^https?:/.test(href) && !leadsSomewhere(folder, href, text))
    expect(broken).toEqual([])
  })
})

function leadsSomewhere(folder: string, href: string, own: string): boolean {
  const [path = '', anchor] = href.split('#')
  const file = join(folder, path)
  if (path !== '' && !existsSync(file)) return false
  if (anchor === undefined) return true
  const target = path === '' ? own : readFileSync(file, 'utf8')
  const headings = [...target.matchAll(/^#{2,3} (.+)$/gm)].map(([, title = '']) => title)
  return headings.some(
    (title) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-') === anchor,
  )
}

describe('README', () => {
  test('has at most 200 lines', () => {
    expect(README.split('\n').length).toBeLessThanOrEqual(201)
  })

  test('has a picture that loads quickly', () => {
    const [, picture = ''] = /!\[[^\]]+\]\(([^)]+)\)/.exec(README) ?? []
    const { size } = statSync(join(ROOT, picture))
    expect(size).toBeGreaterThan(10_000)
    expect(size).toBeLessThan(150_000)
  })
})
