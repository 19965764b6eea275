// Empty arguments, as a shell passes for an unset variable, and answers at the terminal: the real executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { EXAMPLES } from '#commands/examples.ts'
import { Binary, execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

const ALICE = 'alice@example.org'
/** Options with numbers, whose empty value is refused first. */
const COUNTED = /^(--count|--keep)$/

let cronguard: Binary

beforeAll(async () => {
  cronguard = await Binary.prepare()
  for (const args of [
    ['user', 'create', ALICE],
    ['monitor', 'add', ALICE, 'backup'],
  ]) {
    expect((await cronguard.run(args)).exitCode).toBe(0)
  }
  // A monitor without a slug and a channel without a name, as the API can create them.
  cronguard.withDatabase((database) => {
    database.run(`UPDATE monitors SET slug = ''`)
    database.run(
      `INSERT INTO channels (id, project_id, kind, name, settings, created_at)
       SELECT ?, id, 'webhook', '', '{"url":"http://127.0.0.1:9/"}', 0 FROM projects`,
      [crypto.randomUUID()],
    )
  })
}, 60_000)

afterAll(() => cronguard.dispose())

/** Everything that a command could change. */
function contents(): string {
  return cronguard.withDatabase((database) =>
    JSON.stringify(
      ['monitors', 'channels', 'users', 'projects', 'api_keys', 'deliveries'].map((table) =>
        database.query(`SELECT * FROM ${table}`).all(),
      ),
    ),
  )
}

/** Every call of a command in which one argument, or the value of one option, is `blank`. */
async function blankCalls(words: string[], blank: string): Promise<string[][]> {
  const { stdout } = await cronguard.run([...words, '--help'])
  const [usage = ''] = stdout.split('\n')
  const names = usage.match(/<\w+>|\[(?!options|command)\w+\]/g) ?? []
  const filled: string[] = names.map((name) => (name === '<email>' ? ALICE : 'backup'))
  const [, options = ''] = stdout.split('Options:')
  const valued = [...options.matchAll(/^ +(--[a-z-]+) </gm)].map(([, option = '']) => option)
  return [
    ...names.map((_name, index) => [...words, ...filled.with(index, blank)]),
    ...valued.map((option) => [...words, ...filled, option, blank]),
  ]
}

describe('A blank argument', () => {
  const refuses = async (args: string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await cronguard.run(args, { input: 'correct horse battery\n' })
    expect([args, exitCode, stdout]).toEqual([args, 2, ''])
    if (COUNTED.test(args.at(-2) ?? '') || args[0] === 'completion') return
    expect(stderr).toContain('is empty. Check for an unset shell variable. Nothing was changed.')
  }

  test.each([
    ['any command', '', /./],
    ['a command about monitors, made of spaces,', '  ', /^monitor/],
  ])(
    'of %s is a usage error and changes nothing',
    async (_what, blank, which) => {
      const before = contents()
      const commands = Object.keys(EXAMPLES).filter((words) => which.test(words))
      const calls = (await Promise.all(commands.map((words) => blankCalls(words.split(' '), blank)))).flat()
      expect(calls.length).toBeGreaterThan(commands.length)
      for (const args of calls) await refuses(args)
      expect(contents()).toBe(before)
    },
    60_000,
  )

  test('in a list of channels is refused, too', async () => {
    const { exitCode, stderr } = await cronguard.run(['monitor', 'add', ALICE, 'x', '--channels', 'first,'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('A name in the list is empty.')])
  })

  test('is allowed for shell completion', async () => {
    expect((await cronguard.run(['complete', '--', 'monitor', ''])).stdout).toContain('list\t')
  })
})

describe.skipIf(Bun.which('script') === null)('At a terminal', () => {
  const answer = (args: string, said: string) =>
    execute(['script', '-qec', `${join(ROOT, 'dist/cronguard')} ${args}`, '/dev/null'], {
      cwd: cronguard.folder,
      env: { CRONGUARD_DATA_DIR: join(cronguard.folder, 'data'), TERM: 'xterm' },
      input: said,
    })
  const monitors = async () => JSON.parse((await cronguard.run(['monitor', 'list', ALICE, '--json'])).stdout).length

  test.each(['n\n', '\n', '\u0004'])(
    'a command that deletes does nothing after %j',
    async (said) => {
      const { exitCode, stdout } = await answer(`monitor rm ${ALICE} backup`, said)
      expect(stdout).toContain('This deletes the monitor "backup" in "My project" with its history (0 pings).')
      expect([exitCode, await monitors()]).toEqual([1, 1])
      expect(stdout).toContain('Nothing was changed.')
    },
    20_000,
  )

  test('a delete command deletes after "y"', async () => {
    await cronguard.run(['user', 'create', 'bob@example.org'])
    expect((await answer('user delete bob@example.org', 'y\n')).stdout).toContain('Deleted the user bob@example.org')
    expect((await answer(`monitor rm ${ALICE} backup`, 'yes\n')).exitCode).toBe(0)
    expect(await monitors()).toBe(0)
  }, 20_000)
})
