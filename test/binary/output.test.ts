// The standard output, the error messages and the log of the executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Binary, execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

const EMAIL = 'alice@example.org'

let cronguard: Binary

beforeAll(async () => {
  cronguard = await Binary.prepare()
  await cronguard.run(['user', 'create', EMAIL])
})
afterAll(() => cronguard.dispose())

function inShell(line: string) {
  const env = { CRONGUARD_DATA_DIR: join(cronguard.folder, 'data') }
  return execute(['sh', '-c', `cronguard() { ${join(ROOT, 'dist/cronguard')} "$@"; }; ${line}`], { env })
}

describe('Standard output', () => {
  test.each(['export', `key create ${EMAIL}`, 'user list --json'])(
    'on a full disk makes "%s" fail, with the reason',
    async (command) => {
      const { exitCode, stderr } = await inShell(`cronguard ${command} >/dev/full`)
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('ENOSPC')])
      expect(stderr).not.toContain('Exported')
      expect(stderr).not.toContain(' at ')
    },
  )

  test('closed by the reader is not an error', async () => {
    expect(await inShell('{ cronguard help serve; echo $? >&2; } | true')).toMatchObject({ exitCode: 0 })
    expect(await inShell('{ cronguard user list; echo $? >&2; } | true')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '0\n',
    })
  })
})

describe('A file error', () => {
  test.each([
    ['import .'],
    ['export a-file/export.json'],
    ['restore a-file/copy.db'],
    ['backup verify a-file/copy.db'],
    ['backup --to a-file/copy.db'],
  ])('is reported in one sentence: %s', async (command) => {
    writeFileSync(join(cronguard.folder, 'a-file'), '')
    const { exitCode, stdout, stderr } = await cronguard.run(command.split(' '))
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^[^\n]+\.\n$/)
  })
})

describe('The log', () => {
  test('in JSON has an event in every line, including the setup link', async () => {
    const fresh = await Binary.prepare({ CRONGUARD_LOG_FORMAT: 'json' })
    await fresh.start()
    await fresh.end('SIGTERM')
    const lines = (await Bun.file(fresh.logPath).text()).trimEnd().split('\n')
    const events = lines.map((line) => JSON.parse(line))
    expect(events.map(({ setup }) => setup)).toContainEqual(expect.stringContaining(`${fresh.url}/setup?token=`))
    await fresh.dispose()
  })

  test('of a failed start has the priority of an error in every line', async () => {
    const journal = join(cronguard.folder, 'journal')
    const settings = 'CRONGUARD_PORT=x CRONGUARD_HOST="a b"'
    await inShell(`exec 2>${journal}; JOURNAL_STREAM=$(stat -c %d:%i ${journal}) ${settings} cronguard serve`)
    const lines = (await Bun.file(journal).text()).trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toStartWith('<3>')
  })
})
