// The executable in a shell.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Binary, execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

let cronguard: Binary

beforeAll(async () => {
  cronguard = await Binary.prepare()
})
afterAll(() => cronguard.dispose())

describe('A command without CRONGUARD_DATA_DIR', () => {
  test('uses the data folder of the installed service, from any directory', async () => {
    const home = join(cronguard.folder, 'home')
    const installed = join(cronguard.folder, 'state')
    mkdirSync(join(home, 'cronguard'), { recursive: true })
    writeFileSync(join(home, 'cronguard/cronguard.env'), `CRONGUARD_DATA_DIR=${installed}\n`)
    const env = { CRONGUARD_DATA_DIR: '', XDG_CONFIG_HOME: home }
    expect((await cronguard.run(['user', 'create', 'ada@example.org'], { env })).exitCode).toBe(0)
    expect(existsSync(join(installed, 'cronguard.db'))).toBe(true)
    expect(existsSync(join(cronguard.folder, 'data'))).toBe(false)
    const { stdout } = await cronguard.run(['config', 'show'], { env })
    expect(stdout).toMatch(/^CRONGUARD_DATA_DIR +\S+state +settings file$/m)
  })
})

describe('Shell completion', () => {
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await cronguard.run(['complete', '--', ...words])
    return stdout.split('\n').map((line) => line.split('\t')[0] ?? '')
  }

  test('completes commands, subcommands and options', async () => {
    expect(await complete('mon')).toContain('monitor')
    expect(await complete('monitor', '')).toEqual(expect.arrayContaining(['list', 'add', 'pause', 'resume', 'rm']))
    expect(await complete('monitor', 'list', '--')).toEqual(expect.arrayContaining(['--project', '--json']))
    expect(await complete('')).not.toContain('complete')
  })

  test.each(['bash', 'zsh', 'fish'])('has a valid script for %s', async (shell) => {
    const { exitCode, stdout } = await cronguard.run(['completion', shell])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('cronguard complete --')])
    const check = await execute([Bun.which(shell) ?? 'true', '-n'], { input: stdout })
    expect([check.exitCode, check.stderr]).toEqual([0, ''])
  })

  test('for bash works without the package bash-completion', async () => {
    const programs = join(cronguard.folder, 'programs')
    mkdirSync(programs)
    symlinkSync(join(ROOT, 'dist/cronguard'), join(programs, 'cronguard'))
    const typed = 'COMP_WORDS=(cronguard monitor p) COMP_CWORD=2; __cronguard_complete; echo "$COMPREPLY"'
    const script = `PATH=${programs}:$PATH; source <(cronguard completion bash); ${typed}`
    const { stdout } = await execute(['bash', '--norc', '-c', script], { cwd: cronguard.folder })
    expect(stdout).toBe('pause\n')
  })

  test.each([[[]], [['tcsh']]])('for %j lists the supported shells', async (args) => {
    const { exitCode, stderr } = await cronguard.run(['completion', ...args])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/shell/)])
  })
})
