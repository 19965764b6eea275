// Every command that the README and the documentation show is there, with its options.
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXAMPLES } from '#commands/examples.ts'
import { Configuration } from '#views/pages/docs/configuration.tsx'
import { Binary } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n')
const page = String(Configuration({ baseUrl: 'http://localhost:8000' })).replace(/<\/?code>/g, '`')

const ROWS = [
  ...readme.filter((line) => line.startsWith('| `cronguard')),
  ...(page.match(/<th scope="row">`cronguard[ `].*?<\/tr>/g) ?? []),
]
/** What stands in the rows besides commands. */
const SHELLS = ['bash', 'zsh', 'fish', 'source']

/** "user list", "user delete": what follows the first may leave out the words that they share. */
function commandsIn(row: string): string[] {
  const found: string[] = []
  for (const [, span = ''] of row.matchAll(/`([^`]+)`/g)) {
    const words = span
      .replace(/^cronguard ?/, '')
      .split(' ')
      .filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('--'))
    const shared = found.at(-1)?.split(' ').slice(0, 1) ?? []
    const candidates = [words.slice(0, 2), words.slice(0, 1), [...shared, ...words.slice(0, 1)]]
    const command = candidates.map((some) => some.join(' ')).find((name) => name === 'help' || name in EXAMPLES)
    if (command !== undefined && words.length > 0) found.push(command)
    else if (words.length > 0 && !SHELLS.includes(words[0] ?? '')) throw new Error(`There is no command ${span}.`)
  }
  return found
}

test('Each command of the README and the documentation has the options that they show', async () => {
  expect(ROWS.length).toBeGreaterThan(40)
  const cronguard = await Binary.prepare()
  for (const row of ROWS) {
    const helps = await Promise.all(commandsIn(row).map(async (name) => cronguard.run([...name.split(' '), '--help'])))
    const known = helps.map(({ stdout }) => stdout).join('\n')
    const shown = [...new Set(row.match(/--[a-z-]+/g))]
    expect([row, shown.filter((option) => !known.includes(`${option} `))]).toEqual([row, []])
  }
  await cronguard.dispose()
}, 60_000)
