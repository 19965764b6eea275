// runitor: the program itself where Go can build it, and its requests as it sends them.
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

  test('reports start, end and output of a command, and passes them on', async () => {
    const { exitCode, stdout } = await runitor(['-uuid', moved.backup.pingKey, '--', 'echo', 'all copied'])
    expect([exitCode, stdout]).toEqual([0, 'all copied\n'])
    const [start, end] = moved.heard()
    expect(start).toMatchObject({ kind: 'start', method: 'POST', userAgent: expect.stringMatching(/^runitor\//) })
    expect(end).toMatchObject({ kind: 'success', body: expect.stringContaining('all copied') })
    expect(end?.runId).toBe(start?.runId ?? null)
    expect(end?.durationMs).not.toBeNull()
  })

  test('reports the exit status of a command by the slug of its monitor', async () => {
    const args = ['-slug', 'backup', '-ping-key', moved.project.pingKey, '--', 'sh', '-c', 'echo oops >&2; exit 3']
    expect((await runitor(args)).exitCode).toBe(3)
    expect(moved.heard()).toMatchObject([
      { kind: 'start' },
      { kind: 'fail', exitStatus: 3, body: expect.stringContaining('oops') },
    ])
  })

  test(
    'comes back when the disk takes writes again',
    async () => {
      const { handler, statuses } = refusingOnce(moved.guard)
      const stubborn = new Served(moved.guard, handler).open()
      await runitor(['-no-start-ping', '-uuid', moved.backup.pingKey, '--', 'true'], stubborn.url)
      await stubborn.close()
      expect([statuses, moved.kinds()]).toEqual([[503, 200], ['success']])
    },
    PATIENCE_MS,
  )
})

describe('What runitor sends', () => {
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

  test('is a start with a body of no bytes, whose answer tells how much output is kept', async () => {
    const answer = await send(`/ping/${moved.backup.pingKey}/start?rid=${RUN}`, '')
    expect([answer.status, answer.body, answer.headers.get('ping-body-limit')]).toEqual([200, 'OK', '100000'])
    expect(moved.heard()).toMatchObject([{ kind: 'start', runId: RUN, body: '' }])
  })

  test.each([
    ['/0', 'success', 0],
    ['/3', 'fail', 3],
    ['', 'success', null],
    ['/fail', 'fail', null],
    ['/log', 'log', null],
  ])('is an end that goes to %p, with the output', async (ending, kind, exitStatus) => {
    expect(await send(`/ping/${moved.backup.pingKey}${ending}?rid=${RUN}`, 'all copied')).toMatchObject({ status: 200 })
    expect(moved.heard()).toMatchObject([{ kind, exitStatus, runId: RUN, body: 'all copied' }])
  })

  test('makes a monitor with -create, which is answered 201 once and 200 then', async () => {
    const path = `/ping/${moved.project.pingKey}/nightly-report`
    expect((await send(`${path}/start?create=1&rid=${RUN}`, '')).status).toBe(201)
    expect((await send(`${path}/0?create=1&rid=${RUN}`, '')).status).toBe(200)
  })
})
