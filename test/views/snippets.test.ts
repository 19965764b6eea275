import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAILY, type Schedule } from '#domain/schedule.ts'
import { snippetsFor } from '#views/snippets.ts'
import { PATH, startReceiver } from '../support/ping-receiver.ts'

const HOSTILE = `"; touch pwned; # ' */ ?> #> --> $(touch pwned) \`touch pwned\` %n \\ \${x} \u202e<script>`

const HOSTILE_CRON: Schedule = { ...DAILY, kind: 'cron', expression: HOSTILE }

const folder = mkdtempSync(join(tmpdir(), 'cronguard-snippets-'))
afterAll(() => rmSync(folder, { recursive: true }))

function codeOf(id: string, pingUrl: string, name = 'backup'): string {
  const snippet = snippetsFor({ pingUrl, name, schedule: DAILY }).find((candidate) => candidate.id === id)
  if (!snippet) throw new Error(`Snippet ${id} does not exist.`)
  return snippet.code
}

interface Run {
  command: (path: string) => string[]
  file: string
  code: string
  env?: Record<string, string>
}

async function run({ command, file, code, env = {} }: Run) {
  const path = join(mkdtempSync(join(folder, 'run-')), file)
  writeFileSync(path, code)
  const job = Bun.spawn(command(path), { cwd: folder, env: { ...Bun.env, ...env }, stdout: 'pipe', stderr: 'pipe' })
  const [status, output, errors] = await Promise.all([job.exited, job.stdout.text(), job.stderr.text()])
  return { status, output, errors }
}

/** A PATH on which a shell finds a `sleep` that takes no time. */
function withoutPauses(): Record<string, string> {
  return fakeProgram('sleep', 'exit 0')
}

function fakeProgram(name: string, script: string): Record<string, string> {
  const bin = mkdtempSync(join(folder, 'bin-'))
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
  return { PATH: `${bin}:${Bun.env.PATH}` }
}

/** A language, and where its snippet has the place for the job. */
interface Language {
  id: string
  tool: string
  file: string
  command: (path: string) => string[]
  place: string
  works: string
  fails: { job: string; status: number; ending: string; says: string }
  hasStart: boolean
}

const LANGUAGES: Language[] = [
  {
    id: 'bash',
    tool: 'bash',
    file: 'job.sh',
    command: (path) => ['bash', path],
    place: '/path/to/job',
    works: 'echo hello',
    fails: { job: `sh -c 'echo no space left >&2; exit 3'`, status: 3, ending: '/3', says: 'no space left' },
    hasStart: true,
  },
  {
    id: 'wget',
    tool: 'wget',
    file: 'job.sh',
    command: (path) => ['sh', path],
    place: '/path/to/job',
    works: 'true',
    fails: { job: `sh -c 'exit 3'`, status: 3, ending: '/3', says: '' },
    hasStart: false,
  },
  {
    id: 'python',
    tool: 'python3',
    file: 'job.py',
    command: (path) => ['python3', path],
    place: 'pass  # your work',
    works: 'print("hello")',
    fails: { job: 'raise RuntimeError("no space left")', status: 1, ending: '/fail', says: 'no space left' },
    hasStart: true,
  },
  {
    id: 'node',
    tool: 'node',
    file: 'job.mjs',
    command: (path) => ['node', path],
    place: '// your work',
    works: 'console.log("hello")',
    fails: { job: 'throw new Error("no space left")', status: 1, ending: '/fail', says: 'no space left' },
    hasStart: true,
  },
  {
    id: 'go',
    tool: 'go',
    file: 'main.go',
    command: (path) => ['sh', '-c', `go build -o '${path}.out' '${path}' && '${path}.out'`],
    place: 'return nil // your code here',
    works: 'return nil',
    fails: { job: 'return fmt.Errorf("no space left")', status: 1, ending: '/fail', says: 'no space left' },
    hasStart: true,
  },
  {
    id: 'php',
    tool: 'php',
    file: 'job.php',
    command: (path) => ['php', path],
    place: '// your work',
    works: 'echo "hello";',
    fails: { job: 'throw new Exception("no space left");', status: 255, ending: '/fail', says: 'no space left' },
    hasStart: true,
  },
  {
    id: 'powershell',
    tool: 'pwsh',
    file: 'job.ps1',
    command: (path) => ['pwsh', '-NoProfile', '-File', path],
    place: `'C:\\path\\to\\job.exe'`,
    works: `sh -c 'echo hello'`,
    fails: { job: `sh -c 'echo no space left; exit 3'`, status: 3, ending: '/3', says: 'no space left' },
    hasStart: true,
  },
]

describe.each(LANGUAGES)('Snippet: $id', (language) => {
  const { id, tool, place, works, fails, hasStart } = language
  const isMissing = Bun.which(tool) === null
  const skipped = isMissing ? ` (skipped: ${tool} is not installed)` : ''
  const program = (pingUrl: string, job: string) => codeOf(id, pingUrl, HOSTILE).replace(place, () => job)
  const start = hasStart ? [`${PATH}/start`] : []

  test.skipIf(isMissing).each(['busy at first', 'killed at first'] as const)(
    `reports a success to a server that is %s${skipped}`,
    async (behavior) => {
      using receiver = await startReceiver(behavior)
      const done = await run({ ...language, code: program(receiver.pingUrl, works) })
      expect(done).toMatchObject({ status: 0, errors: expect.not.stringContaining('Ping failed') })
      const paths = receiver.pings.map(({ path }) => path.replace(/\/0$/, ''))
      expect(paths).toEqual([...start, PATH])
    },
    120_000,
  )

  test.skipIf(isMissing)(
    `reports a failure with its reason, and exits like the job${skipped}`,
    async () => {
      using receiver = await startReceiver()
      const done = await run({ ...language, code: program(receiver.pingUrl, fails.job) })
      expect(done.status).toBe(fails.status)
      expect(receiver.pings.map(({ path }) => path)).toEqual([...start, `${PATH}${fails.ending}`])
      expect(receiver.pings.at(-1)?.body).toContain(fails.says)
    },
    120_000,
  )

  test.skipIf(isMissing)(
    `succeeds with the job when every ping is refused${skipped}`,
    async () => {
      using receiver = await startReceiver('refuses')
      const code = program(receiver.pingUrl, works)
      expect(await run({ ...language, code, env: withoutPauses() })).toMatchObject({
        status: 0,
        errors: expect.stringContaining('Ping failed'),
      })
      expect(receiver.pings).not.toEqual([])
    },
    120_000,
  )
})

/** The command that cron runs: without the five fields, and with unescaped percent signs. */
const cronCommand = (crontab: string) => (crontab.split('\n')[1] ?? '').replace(/^(\S+ ){5}/, '').replaceAll('\\%', '%')

/** The command that systemd runs: with quotes and escapes resolved. */
const stopCommand = (unit: string) =>
  (/ExecStopPost=-\/bin\/sh -c '([^']*)'/.exec(unit)?.[1] ?? '')
    .replaceAll('\\\n', ' ')
    .replaceAll('$$', '$')
    .replaceAll('%%', '%')

/** The command that the shell in the container runs. */
const containerCommand = (compose: string) =>
  (compose.split('- |\n')[1] ?? '').replace(/^ {8}/gm, '').replaceAll('$$', '$')

const shell = (code: string, env: Record<string, string> = {}) =>
  run({ command: (path) => ['sh', path], file: 'job.sh', code, env })

describe('Snippet', () => {
  test.each(['well', 'busy at first', 'killed at first'] as const)(
    'crontab: prints nothing that cron would mail when the server is %s',
    async (behavior) => {
      using receiver = await startReceiver(behavior)
      const code = cronCommand(codeOf('crontab', receiver.pingUrl)).replace('/path/to/job', 'true')
      expect(await shell(code)).toEqual({ status: 0, output: '', errors: '' })
      expect(receiver.pings).toHaveLength(1)
    },
  )

  test('crontab: prints once why all pings were refused', async () => {
    using receiver = await startReceiver('refuses')
    const code = cronCommand(codeOf('crontab', receiver.pingUrl)).replace('/path/to/job', 'true')
    const { output } = await shell(code, withoutPauses())
    expect(output).toMatch(/^curl: \(22\) The requested URL returned error: 404\n$/)
    expect(receiver.pings).toHaveLength(6)
  })

  test('bash: a pipe fails when its first program fails', async () => {
    using receiver = await startReceiver()
    const code = codeOf('bash', receiver.pingUrl).replace('/path/to/job', 'false | cat')
    const { status } = await run({ command: (path) => ['bash', path], file: 'job.sh', code })
    expect(status).toBe(1)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/start`, `${PATH}/1`])
  })

  test.each([
    ['None', 0, ''],
    ['0', 0, ''],
    ['7', 7, '/fail'],
    ['"no space left"', 1, '/fail'],
    ['""', 1, '/fail'],
  ])('python: sys.exit(%s) exits with %i and reports "%s"', async (value, status, ending) => {
    using receiver = await startReceiver()
    const code = codeOf('python', receiver.pingUrl).replace('pass  # your work', `sys.exit(${value})`)
    expect((await run({ command: (path) => ['python3', path], file: 'job.py', code })).status).toBe(status)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/start`, PATH + ending])
  })

  test.each([
    ['true', 0],
    ['false', 1],
    [`sh -c 'exit 42'`, 42],
    [`sh -c 'kill -KILL $$'`, 137],
  ])('crontab: `%s` reports %i', async (job, status) => {
    using receiver = await startReceiver()
    await shell(cronCommand(codeOf('crontab', receiver.pingUrl)).replace('/path/to/job', () => job))
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/${status}`])
  })

  test.each([
    [['success', 'exited', '0'], ['/0']],
    [['success', 'exited', '24'], ['/0']],
    [['success', '', ''], ['/0']],
    [['success', 'killed', 'TERM'], ['/fail']],
    [['exec-condition', 'exited', '1'], []],
    [['exit-code', 'exited', '3'], ['/3']],
    [['exit-code', 'exited', '203'], ['/203']],
    [['exit-code', 'exited', '0'], ['/fail']],
    [['exit-code', '', ''], ['/fail']],
    [['signal', 'killed', 'KILL'], ['/fail']],
    [['timeout', 'exited', '0'], ['/fail']],
    [['', '', ''], ['/fail']],
  ])('systemd: a result of %j reports %j', async ([result = '', code = '', status = ''], endings) => {
    using receiver = await startReceiver()
    const env = { SERVICE_RESULT: result, EXIT_CODE: code, EXIT_STATUS: status }
    await shell(stopCommand(codeOf('systemd', receiver.pingUrl)), env)
    expect(receiver.pings.map(({ path }) => path)).toEqual(endings.map((ending) => PATH + ending))
  })

  test.skipIf(Bun.which('systemd-analyze') === null)(
    'systemd: passes systemd-analyze verify (skipped if that is not installed)',
    async () => {
      const code = codeOf('systemd', 'https://cron.example/a%20b/ping/x', HOSTILE).replace('/path/to/job', '/bin/true')
      const command = (path: string) => ['systemd-analyze', 'verify', '--man=no', path]
      const { status, errors } = await run({ command, file: 'job.service', code })
      expect(errors.split('\n').filter((line) => line.includes('job.service'))).toEqual([])
      expect(status).toBe(0)
    },
  )

  test('docker: reports the exit status of the container', async () => {
    using receiver = await startReceiver('busy at first')
    const env = fakeProgram('docker', '[ "$*" = "run --rm example/job" ] && exit 125')
    const { status } = await shell(codeOf('docker', receiver.pingUrl, HOSTILE), env)
    expect(status).toBe(125)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/start`, `${PATH}/125`])
  })

  test('compose: reports from inside the container, and is YAML with any name', async () => {
    using receiver = await startReceiver()
    const code = codeOf('compose', receiver.pingUrl, HOSTILE).replace('/path/to/job', '(exit 7)')
    expect(Bun.YAML.parse(code)).toMatchObject({ services: { job: { image: 'example/job' } } })
    expect((await shell(containerCommand(code))).status).toBe(7)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/7`])
  })
})

describe('Snippet: name of the monitor', () => {
  const names = [
    HOSTILE,
    '',
    '🔥',
    'a"b',
    `a'b`,
    'a */ b',
    'a ?> b',
    'a --> b',
    'x'.repeat(200),
    'резервная копия',
    '%n',
  ]

  test.each(['bash', 'wget', 'docker'])('%s: has valid syntax with any name', async (id) => {
    const checker = id === 'bash' ? 'bash' : 'sh'
    for (const name of names) {
      const code = codeOf(id, `https://cron.example${PATH}`, name)
      const checked = await run({ command: (path) => [checker, '-n', path], file: 'job.sh', code })
      expect(checked).toEqual({ status: 0, output: '', errors: '' })
    }
  })

  test('no character can end a comment or begin a command', () => {
    for (const { code } of snippetsFor({
      pingUrl: `https://cron.example${PATH}`,
      name: HOSTILE,
      schedule: HOSTILE_CRON,
    })) {
      expect(code).not.toMatch(/\$\(touch|`touch|; touch|\?>|-->|\*\/ \?|<script|\u202e/)
      expect(code).toContain('touch pwned')
    }
  })

  test('words in any script are kept', () => {
    const name = 'Nightly backup, резервная копия 2.0'
    for (const id of ['crontab', 'python', 'systemd'])
      expect(codeOf(id, 'https://a.example/ping/x', name)).toContain(name)
  })

  test('a name without words is replaced', () => {
    expect(codeOf('bash', 'https://a.example/ping/x', '$()')).toContain('# A job that reports to CronGuard\n')
  })
})

describe('Snippet: ping URL', () => {
  test('is in every snippet, and no placeholder is left', () => {
    const pingUrl = `https://[2001:db8::1]:8443/cron-guard/~me${PATH}`
    for (const { code } of snippetsFor({ pingUrl, name: 'backup', schedule: DAILY })) {
      expect(code).toContain(pingUrl)
      expect(code).not.toMatch(/\{\{|\}\}/)
    }
  })

  test('with special characters of a shell stays one URL', () => {
    const pingUrl = `https://cron.example/$(touch pwned)'"\`;&x\u00e9/ping/x`
    const plain = 'https://cron.example/%24%28touch%20pwned%29%27%22%60%3B%26x%C3%A9/ping/x'
    expect(codeOf('bash', pingUrl)).toContain(`report ${plain}/start\n`)
    expect(codeOf('crontab', pingUrl)).toContain(` ${plain.replaceAll('%', '\\%')}/$s 2>&1`)
    expect(codeOf('systemd', pingUrl)).toContain(` ${plain.replaceAll('%', '%%')}/start 2>&1`)
  })

  test('is called with flags that every curl and wget has, once per retry', () => {
    for (const { id, code } of snippetsFor({ pingUrl: 'https://a.example/ping/x', name: 'backup', schedule: DAILY })) {
      const calls = [...code.matchAll(/\b(curl -fsS -m 10 -o \/dev\/null|wget -nv -T 10 -t 1 -O \/dev\/null) /g)]
      expect([id, calls.length]).toEqual([id, code.match(/\b(curl|wget) -/g)?.length ?? 0])
      expect([id, calls.length]).toEqual([id, code.match(/\bin 0 1 2 4 8 16; do/g)?.length ?? 0])
    }
  })
})

test('snippetsFor: every snippet has its own id', () => {
  const ids = snippetsFor({ pingUrl: 'https://a.example/ping/x', name: '', schedule: DAILY }).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('snippetsFor: no command in a hostile name was run by the tests above', () => {
  const traces = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('pwned'))
  expect(traces).toEqual([])
})
