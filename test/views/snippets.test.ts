import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAILY, everyPeriod, type Schedule } from '#domain/schedule.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { snippetsFor } from '#views/snippets.ts'

const PATH = '/ping/0b3f2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e5f'
const HOSTILE = `"; touch pwned; # ' */ ?> #> --> $(touch pwned) \`touch pwned\` %n \\ \${x} \u202e<script>`

const HOSTILE_CRON: Schedule = { ...DAILY, kind: 'cron', expression: HOSTILE }

interface ReceivedPing {
  path: string
  body: string
}

const folder = mkdtempSync(join(tmpdir(), 'cronguard-snippets-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A server that takes pings, is busy at the first request, or refuses them all. */
function startReceiver(mood: 'well' | 'busy at first' | 'refuses' = 'well') {
  const pings: ReceivedPing[] = []
  let isBusy = mood === 'busy at first'
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      if (isBusy) {
        isBusy = false
        return new Response('busy', { status: 503, headers: { 'Retry-After': '1' } })
      }
      pings.push({ path: new URL(request.url).pathname, body: await request.text() })
      return mood === 'refuses' ? new Response('not found', { status: 404 }) : new Response('OK')
    },
  })
  return { pings, pingUrl: `http://127.0.0.1:${server.port}${PATH}`, [Symbol.dispose]: () => server.stop(true) }
}

function codeOf(id: string, pingUrl: string, name = 'backup'): string {
  const snippet = snippetsFor({ pingUrl, name, schedule: DAILY }).find((candidate) => candidate.id === id)
  if (!snippet) throw new Error(`There is no snippet ${id}.`)
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

/** A program with a job put in its place, as a reader would. */
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
    place: 'return nil // your work',
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

describe.each(LANGUAGES)('The snippet for $id', (language) => {
  const { id, tool, place, works, fails, hasStart } = language
  const isMissing = Bun.which(tool) === null
  const skipped = isMissing ? ` (skipped: ${tool} is not on this machine)` : ''
  const program = (pingUrl: string, job: string) => codeOf(id, pingUrl, HOSTILE).replace(place, () => job)
  const start = hasStart ? [`${PATH}/start`] : []

  test.skipIf(isMissing)(
    `reports a success to a server that is busy at first${skipped}`,
    async () => {
      using receiver = startReceiver('busy at first')
      const done = await run({ ...language, code: program(receiver.pingUrl, works) })
      expect(done).toMatchObject({ status: 0, errors: expect.not.stringContaining('not sent') })
      const paths = receiver.pings.map(({ path }) => path.replace(/\/0$/, ''))
      expect(paths).toEqual([...start, PATH])
    },
    120_000,
  )

  test.skipIf(isMissing)(
    `reports a failure, with its reason, and fails as the job did${skipped}`,
    async () => {
      using receiver = startReceiver()
      const done = await run({ ...language, code: program(receiver.pingUrl, fails.job) })
      expect(done.status).toBe(fails.status)
      expect(receiver.pings.map(({ path }) => path)).toEqual([...start, `${PATH}${fails.ending}`])
      expect(receiver.pings.at(-1)?.body).toContain(fails.says)
    },
    120_000,
  )

  test.skipIf(isMissing)(
    `lets the job end well when no ping is taken${skipped}`,
    async () => {
      using receiver = startReceiver('refuses')
      expect((await run({ ...language, code: program(receiver.pingUrl, works) })).status).toBe(0)
      expect(receiver.pings).not.toEqual([])
    },
    120_000,
  )
})

/** What cron makes of a line: after the five fields, and with its percent signs. */
const cronCommand = (crontab: string) => (crontab.split('\n')[1] ?? '').replace(/^(\S+ ){5}/, '').replaceAll('\\%', '%')

/** What systemd makes of a command between quotes. */
const stopCommand = (unit: string) =>
  (/ExecStopPost=-\/bin\/sh -c '([^']*)'/.exec(unit)?.[1] ?? '')
    .replaceAll('\\\n', ' ')
    .replaceAll('$$', '$')
    .replaceAll('%%', '%')

/** What the shell in the container gets. */
const containerCommand = (compose: string) =>
  (compose.split('- |\n')[1] ?? '').replace(/^ {8}/gm, '').replaceAll('$$', '$')

const shell = (code: string, env: Record<string, string> = {}) =>
  run({ command: (path) => ['sh', path], file: 'job.sh', code, env })

describe('A job of', () => {
  test.each([
    ['true', 0],
    ['false', 1],
    [`sh -c 'exit 42'`, 42],
    [`sh -c 'kill -KILL $$'`, 137],
  ])('crontab that runs `%s` reports %i', async (job, status) => {
    using receiver = startReceiver()
    await shell(cronCommand(codeOf('crontab', receiver.pingUrl)).replace('/path/to/job', () => job))
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/${status}`])
  })

  test.each([
    [{ SERVICE_RESULT: 'success', EXIT_STATUS: '0' }, '/0'],
    [{ SERVICE_RESULT: 'success', EXIT_STATUS: '24' }, '/0'],
    [{ SERVICE_RESULT: 'exit-code', EXIT_STATUS: '3' }, '/3'],
    [{ SERVICE_RESULT: 'exit-code' }, '/fail'],
    [{ SERVICE_RESULT: 'signal', EXIT_STATUS: 'TERM' }, '/fail'],
    [{ SERVICE_RESULT: 'timeout', EXIT_STATUS: '0' }, '/fail'],
    [{}, '/fail'],
  ])('systemd that ends with %j reports %s', async (env, ending) => {
    using receiver = startReceiver()
    await shell(stopCommand(codeOf('systemd', receiver.pingUrl)), env as Record<string, string>)
    expect(receiver.pings.map(({ path }) => path)).toEqual([PATH + ending])
  })

  test.skipIf(Bun.which('systemd-analyze') === null)(
    'systemd is a unit that systemd finds nothing wrong with (skipped where systemd-analyze is not)',
    async () => {
      const code = codeOf('systemd', 'https://cron.example/a%20b/ping/x', HOSTILE).replace('/path/to/job', '/bin/true')
      const command = (path: string) => ['systemd-analyze', 'verify', '--man=no', path]
      const { status, errors } = await run({ command, file: 'job.service', code })
      expect(errors.split('\n').filter((line) => line.includes('job.service'))).toEqual([])
      expect(status).toBe(0)
    },
  )

  test('Docker reports how the container ended', async () => {
    using receiver = startReceiver('busy at first')
    const bin = mkdtempSync(join(folder, 'bin-'))
    writeFileSync(join(bin, 'docker'), '#!/bin/sh\n[ "$*" = "run --rm example/job" ] && exit 125\n')
    chmodSync(join(bin, 'docker'), 0o755)
    const { status } = await shell(codeOf('docker', receiver.pingUrl, HOSTILE), { PATH: `${bin}:${Bun.env.PATH}` })
    expect(status).toBe(125)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/start`, `${PATH}/125`])
  })

  test('Docker Compose reports from inside the container, and is YAML whatever its name', async () => {
    using receiver = startReceiver()
    const code = codeOf('compose', receiver.pingUrl, HOSTILE).replace('/path/to/job', '(exit 7)')
    expect(Bun.YAML.parse(code)).toMatchObject({ services: { job: { image: 'example/job' } } })
    expect((await shell(containerCommand(code))).status).toBe(7)
    expect(receiver.pings.map(({ path }) => path)).toEqual([`${PATH}/7`])
  })
})

describe('Whatever the name', () => {
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

  test.each(['bash', 'wget', 'docker'])('the %s snippet is sound for its shell', async (id) => {
    const checker = id === 'bash' ? 'bash' : 'sh'
    for (const name of names) {
      const code = codeOf(id, `https://cron.example${PATH}`, name)
      const checked = await run({ command: (path) => [checker, '-n', path], file: 'job.sh', code })
      expect(checked).toEqual({ status: 0, output: '', errors: '' })
    }
  })

  test('no sign of it can end a comment or begin a command', () => {
    for (const { code } of snippetsFor({
      pingUrl: `https://cron.example${PATH}`,
      name: HOSTILE,
      schedule: HOSTILE_CRON,
    })) {
      expect(code).not.toMatch(/\$\(touch|`touch|; touch|\?>|-->|\*\/ \?|<script|\u202e/)
      expect(code).toContain('touch pwned')
    }
  })

  test('words in any script stay as they are', () => {
    const name = 'Nightly backup, резервная копия 2.0'
    for (const id of ['crontab', 'python', 'systemd'])
      expect(codeOf(id, 'https://a.example/ping/x', name)).toContain(name)
  })

  test('a name without words gives way to words of our own', () => {
    expect(codeOf('bash', 'https://a.example/ping/x', '$()')).toContain('# A job that reports to CronGuard\n')
  })
})

describe('A ping URL', () => {
  test('stands in every snippet, and nothing is left to be filled in', () => {
    const pingUrl = `https://[2001:db8::1]:8443/cron-guard/~me${PATH}`
    for (const { code } of snippetsFor({ pingUrl, name: 'backup', schedule: DAILY })) {
      expect(code).toContain(pingUrl)
      expect(code).not.toMatch(/\{\{|\}\}/)
    }
  })

  test('with signs that mean something to a shell stays one URL', () => {
    const pingUrl = `https://cron.example/$(touch pwned)'"\`;&x\u00e9/ping/x`
    const plain = 'https://cron.example/%24%28touch%20pwned%29%27%22%60%3B%26x%C3%A9/ping/x'
    expect(codeOf('bash', pingUrl)).toContain(`report ${plain}/start\n`)
    expect(codeOf('crontab', pingUrl)).toContain(` ${plain.replaceAll('%', '\\%')}/$?\n`)
    expect(codeOf('systemd', pingUrl)).toContain(` ${plain.replaceAll('%', '%%')}/start\n`)
  })

  test('is called with flags that try again, and no others', () => {
    const flags = {
      curl: '-fsS -m 10 --retry 5 --retry-connrefused -o /dev/null ',
      wget: '-q -O /dev/null -T 10 -t 5 ',
    }
    for (const { code } of snippetsFor({ pingUrl: 'https://a.example/ping/x', name: 'backup', schedule: DAILY })) {
      for (const [, tool, rest] of code.matchAll(/\b(curl|wget) (-.*)/g)) {
        expect(rest).toStartWith(flags[tool as keyof typeof flags])
      }
    }
    expect(codeOf('wget', 'https://a.example/ping/x')).toContain('--retry-connrefused --retry-on-http-error=503,429 ')
  })
})

test('Each snippet has an id of its own', () => {
  const ids = snippetsFor({ pingUrl: 'https://a.example/ping/x', name: '', schedule: DAILY }).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('Nothing that a hostile name says is ever run', () => {
  const traces = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('pwned'))
  expect(traces).toEqual([])
})

describe('The snippet for crontab', () => {
  const crontabOf = (schedule: Schedule) =>
    snippetsFor({ pingUrl: 'https://a.example/ping/x', name: 'backup', schedule }).find(({ id }) => id === 'crontab')
  const timesOf = (schedule: Schedule) => crontabOf(schedule)?.code.split(' /path')[0]?.split('\n')[1]
  const cron = (expression: string): Schedule => ({ ...DAILY, kind: 'cron', expression })

  test.each(['30 18 * * 1-5', '*/10 8-17 * JUL MON,WED'])('has the times of its monitor: %s', (expression) => {
    expect(timesOf(cron(expression))).toBe(expression)
  })

  test.each([
    [MINUTE, '* * * * *'],
    [5 * MINUTE, '*/5 * * * *'],
    [HOUR, '0 * * * *'],
    [6 * HOUR, '0 */6 * * *'],
    [DAY, '0 3 * * *'],
    [WEEK, '0 3 * * 0'],
  ])('runs once in a period of %i ms', (periodMs, times) => {
    expect(timesOf(everyPeriod(periodMs))).toBe(times)
    expect(crontabOf(everyPeriod(periodMs))?.note).not.toContain('cannot say')
  })

  test.each([
    ...[30 * SECOND, 90 * SECOND, 7 * MINUTE, 90 * MINUTE, 5 * HOUR, 2 * DAY, 2 * WEEK].map(everyPeriod),
    { ...DAILY, kind: 'on-calendar', expression: 'Mon 03:00' } as const,
    ...['0 3 L * *', '0 3 * * 5L', '0 3 LW * *', '0 3 * * MON#2'].map(cron),
  ])('leaves the times open where no line of a crontab can say them: %j', (schedule) => {
    expect(timesOf(schedule)).toBe('MINUTE HOUR DAY MONTH WEEKDAY')
    expect(crontabOf(schedule)?.note).toContain('cannot say this schedule')
  })
})
