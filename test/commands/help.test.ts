// Help and usage errors: the real executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXAMPLES } from '#commands/examples.ts'
import { isBackupName } from '#domain/backup.ts'
import { Binary, execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

let cronguard: Binary

beforeAll(async () => {
  cronguard = await Binary.prepare()
  const programs = join(cronguard.folder, 'programs')
  mkdirSync(programs)
  symlinkSync(join(ROOT, 'dist/cronguard'), join(programs, 'cronguard'))
  // The names in the examples.
  for (const folder of ['nightly', '.local/share/bash-completion/completions']) {
    mkdirSync(join(cronguard.folder, folder), { recursive: true })
  }
  writeFileSync(join(cronguard.folder, 'password.txt'), 'correct horse battery\n')
  // The other machine in one of the examples.
  symlinkSync('/bin/true', join(programs, 'ssh'))
}, 30_000)

afterAll(() => cronguard.dispose())

const help = async (...words: string[]): Promise<string> => (await cronguard.run([...words, '--help'])).stdout

/** The names below a command, as its help lists them. */
function listFolder(shown: string): string[] {
  const [, ...parts] = shown.split(/^(?:Options|Examples):$/m)
  const lines = (parts[0] ?? '').split('\n').filter((line) => /^ {2}[a-z]/.test(line))
  return lines.map((line) => line.trim().split(' ')[0] ?? '').filter((name) => name !== 'help')
}

async function leaves(words: string[] = []): Promise<string[]> {
  const names = listFolder(await help(...words))
  if (names.length === 0) return [words.join(' ')]
  const below: string[] = []
  for (const name of names) below.push(...(await leaves([...words, name])))
  return words.length > 0 && words.join(' ') in EXAMPLES ? [words.join(' '), ...below] : below
}

describe('help', () => {
  test('lists the commands in groups, in lines of at most 80 characters', async () => {
    const shown = await help()
    for (const heading of ['Server:', 'Monitors and channels:', 'Users and keys:', 'Backup and export:']) {
      expect(shown).toContain(`\n${heading}\n`)
    }
    expect(shown.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect((await cronguard.run(['help'])).stdout).toBe(shown)
  })

  test('every command has an example, and every example has a command', async () => {
    const found = await leaves()
    expect(found.length).toBeGreaterThan(25)
    expect([...found, ''].sort()).toEqual(Object.keys(EXAMPLES).sort())
  }, 30_000)

  test('every command with output has --json', async () => {
    const acts = /^(serve|migrate|export|completion|ack)$| (create|reset-password|delete|pause|resume|rm|start|end)$/
    const telling = (await leaves()).filter((words) => !acts.test(words))
    const mute: string[] = []
    for (const words of telling) if (!/^ +--json +print JSON: /m.test(await help(...words.split(' ')))) mute.push(words)
    expect(mute).toEqual([])
  }, 30_000)

  test('help COMMAND equals COMMAND --help', async () => {
    expect((await cronguard.run(['help', 'doctor'])).stdout).toBe(await help('doctor'))
    expect((await cronguard.run(['help', 'monitor', 'add'])).stdout).toBe(await help('monitor', 'add'))
    expect(await help('doctor')).toContain('Examples:\n  # Run all checks\n  cronguard doctor\n')
  })

  test('has examples with names of real backups, and with the night of a clock change', async () => {
    const files = ['backup verify', 'restore'].flatMap((words) => EXAMPLES[words]?.map(([, line]) => line) ?? [])
    for (const line of files) expect(isBackupName(line.split('/').at(-1) ?? '')).toBe(true)
    const [, line = ''] = EXAMPLES['schedule next']?.[0] ?? []
    const { stdout } = await execute(['sh', '-c', `${join(ROOT, 'dist/cronguard')} ${line}`])
    const times = stdout.split('\n').flatMap((row) => /, (\d\d:\d\d):00 /.exec(row)?.[1] ?? [])
    expect(new Set(times)).toEqual(new Set(['03:30', '04:00']))
  })

  const lines = Object.values(EXAMPLES).flatMap((examples) =>
    examples.map(([, line, before = '']) => `${before} cronguard ${line}`.trim()),
  )
  test.each(lines.filter((line) => !line.includes('cronguard serve')))(
    'gives an example that can be typed: %s',
    async (line) => {
      const { exitCode, stderr } = await execute(['sh', '-c', line], {
        cwd: cronguard.folder,
        env: {
          HOME: cronguard.folder,
          PATH: `${join(cronguard.folder, 'programs')}:${process.env.PATH}`,
          CRONGUARD_DATA_DIR: join(cronguard.folder, 'data'),
        },
      })
      // The files in it do not have to exist, but its arguments must be valid.
      expect([exitCode === 2, stderr.includes('    at ')]).toEqual([false, false])
    },
  )
})

describe('Usage errors exit with 2', () => {
  test.each([
    [['monitr', 'list'], '(Did you mean monitor?)'],
    [['help', 'monitor', 'lst'], "unknown command 'lst'"],
    [['monitor', 'lst'], '(Did you mean list?)'],
    [['monitor', 'list', 'you@example.com', '--jsn'], '(Did you mean --json?)'],
    [['version', 'extra'], 'too many arguments'],
    [['monitor', 'add', 'you@example.com'], "missing required argument 'name'"],
    [['incident'], 'Usage: cronguard incident'],
  ])('%j: %s', async (args, says) => {
    const { exitCode, stdout, stderr } = await cronguard.run(args)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(says)
  })
})

describe('Color', () => {
  const ESCAPE = '\u001b['
  const inTerminal = (args: string, env: Record<string, string> = {}) =>
    execute(['script', '-qec', `${join(ROOT, 'dist/cronguard')} ${args}`, '/dev/null'], {
      cwd: cronguard.folder,
      env: { CRONGUARD_DATA_DIR: join(cronguard.folder, 'data'), TERM: 'xterm', NO_COLOR: '', ...env },
    })

  test.skipIf(Bun.which('script') === null)(
    'is for a terminal that shows it, and for people who want it',
    async () => {
      for (const args of ['--help', 'doctor']) {
        expect((await cronguard.run(args.split(' '))).stdout).not.toContain(ESCAPE)
        expect((await inTerminal(args)).stdout).toContain(ESCAPE)
        expect((await inTerminal(args, { NO_COLOR: '1' })).stdout).not.toContain(ESCAPE)
      }
      expect((await inTerminal('doctor', { TERM: 'dumb' })).stdout).not.toContain(ESCAPE)
      expect((await inTerminal('doctor --json')).stdout).not.toContain(ESCAPE)
    },
    20_000,
  )
})
