// runitor: the program itself if Go can build it, and its requests.
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { execute } from '../support/binary.ts'
import { Moved } from '../support/moved.ts'
import { buildGoProgram } from '../support/programs.ts'
import { refusingOnce, Served } from '../support/served.ts'

const PATIENCE_MS = 30_000
const RUN = '684e2e73-017e-465f-8149-d70b7c5aaa49'

const program = await buildGoProgram('bdd.fi/x/runitor/cmd/runitor@v1.3.0')

let moved: Moved
let served: Served

beforeEach(() => {
  moved = new Moved('default')
  served = new Served(moved.guard).open()
})

afterEach(async () => {
  await served.close()
  moved.stop()
})

afterAll(() => program?.dispose())

describe.skipIf(program === null)('runitor', () => {
  const runitor = (args: string[], url = served.url) =>
    execute([program?.path ?? '', '-api-url', `${url}/ping`, ...args], { env: { HC_API_URL: '' } })

  test('reports start, end and output of a command, and prints the output', async () => {
    const { exitCode, stdout } = await runitor(['-uuid', moved.backup.pingKey, '--', 'echo', 'all copied'])
    expect([exitCode, stdout]).toEqual([0, 'all copied\n'])
    const [start, end] = moved.pings()
    expect(start).toMatchObject({ kind: 'start', method: 'POST', userAgent: expect.stringMatching(/^runitor\//) })
    expect(end).toMatchObject({ kind: 'success', body: expect.stringContaining('all copied') })
    expect(end?.runId).toBe(start?.runId ?? null)
    expect(end?.durationMs).not.toBeNull()
  })

  test('reports the exit status of a command, by the slug of the monitor', async () => {
    const args = ['-slug', 'backup', '-ping-key', moved.project.pingKey, '--', 'sh', '-c', 'echo oops >&2; exit 3']
    expect((await runitor(args)).exitCode).toBe(3)
    expect(moved.pings()).toMatchObject([
      { kind: 'start' },
      { kind: 'fail', exitStatus: 3, body: expect.stringContaining('oops') },
    ])
  })

  test(
    'retries until the disk is writable again',
    async () => {
      const { handler, statuses } = refusingOnce(moved.guard)
      const failing = new Served(moved.guard, handler).open()
      await runitor(['-no-start-ping', '-uuid', moved.backup.pingKey, '--', 'true'], failing.url)
      await failing.close()
      expect([statuses, moved.kinds()]).toEqual([[503, 200], ['success']])
    },
    PATIENCE_MS,
  )
})

describe('runitor request', () => {
  const send = (path: string, body: string) =>
    served.send({
      method: 'POST',
      path,
      headers: {
        'User-Agent': 'runitor/v1.3.0 (+https://bdd.fi/x/runitor)',
        'Content-Type': 'text/plain',
        'Accept-Encoding': 'gzip',
      },
      body,
    })

  test('for a start has an empty body, and gets the body limit', async () => {
    const answer = await send(`/ping/${moved.backup.pingKey}/start?rid=${RUN}`, '')
    expect([answer.status, answer.body, answer.headers.get('ping-body-limit')]).toEqual([200, 'OK', '100000'])
    expect(moved.pings()).toMatchObject([{ kind: 'start', runId: RUN, body: '' }])
  })

  test.each([
    ['/0', 'success', 0],
    ['/3', 'fail', 3],
    ['', 'success', null],
    ['/fail', 'fail', null],
    ['/log', 'log', null],
  ])('for an end goes to %p with the output, and is recorded as %s', async (ending, kind, exitStatus) => {
    expect(await send(`/ping/${moved.backup.pingKey}${ending}?rid=${RUN}`, 'all copied')).toMatchObject({ status: 200 })
    expect(moved.pings()).toMatchObject([{ kind, exitStatus, runId: RUN, body: 'all copied' }])
  })

  test('with -create creates a monitor: 201 the first time, then 200', async () => {
    const path = `/ping/${moved.project.pingKey}/nightly-report`
    expect((await send(`${path}/start?create=1&rid=${RUN}`, '')).status).toBe(201)
    expect((await send(`${path}/0?create=1&rid=${RUN}`, '')).status).toBe(200)
  })
})
