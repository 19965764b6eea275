// The real wget against a real server.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { execute } from '../support/binary.ts'
import { ALIAS, Moved } from '../support/moved.ts'
import { findProgram } from '../support/programs.ts'
import { refusingOnce, Served } from '../support/served.ts'

const program = findProgram('wget')
const PATIENCE_MS = 30_000
const FLAGS = ['-q', '-T', '10', '-t', '5', '--retry-connrefused', '--retry-on-http-error=503,429']

let moved: Moved
let served: Served
let url: string

beforeEach(() => {
  moved = new Moved('default')
  served = new Served(moved.guard).open()
  url = `${served.url}/ping/${moved.backup.pingKey}`
})

afterEach(async () => {
  await served.close()
  moved.stop()
})

const wget = (...args: string[]) => execute(['wget', ...args])

describe.skipIf(!program)('wget', () => {
  test('pings as in a crontab', async () => {
    expect(await wget(...FLAGS, '-O', '/dev/null', url)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(moved.pings()).toMatchObject([
      { kind: 'success', method: 'GET', userAgent: expect.stringMatching(/^wget\//i) },
    ])
  })

  test('gets an OK that grep finds as a whole line', async () => {
    expect((await execute(['sh', '-c', `wget -q -O - ${url} | grep -Fx OK`])).exitCode).toBe(0)
  })

  test('pings with HEAD as a spider', async () => {
    expect((await wget('-q', '--spider', url)).exitCode).toBe(0)
    expect(moved.pings()).toMatchObject([{ kind: 'success', method: 'HEAD' }])
  })

  test('posts text', async () => {
    expect((await wget('-q', '-O', '-', '--post-data', 'all copied', `${url}/fail`)).stdout).toBe('OK')
    expect(moved.pings()).toMatchObject([{ kind: 'fail', method: 'POST', body: 'all copied' }])
  })

  test('pushes for Uptime Kuma', async () => {
    const { stdout } = await wget('-q', '-O', '-', `${served.url}/api/push/${ALIAS}?status=down&msg=no%20space&ping=`)
    expect(stdout).toBe('{"ok":true}')
    expect(moved.pings()).toMatchObject([{ kind: 'fail', body: 'no space' }])
  })

  test('fails if nothing was recorded', async () => {
    const unknown = url.replace(moved.backup.pingKey, '07c2f548-9850-4b27-af5d-6c9dc157ec02')
    expect((await wget('-q', '-O', '/dev/null', unknown)).exitCode).toBe(8)
  })

  test(
    'retries until the disk is writable again',
    async () => {
      const { handler, statuses } = refusingOnce(moved.guard)
      const failing = new Served(moved.guard, handler).open()
      const { exitCode } = await wget(...FLAGS, '-O', '/dev/null', `${failing.url}/ping/${moved.backup.pingKey}`)
      await failing.close()
      expect({ exitCode, statuses }).toEqual({ exitCode: 0, statuses: [503, 200] })
    },
    PATIENCE_MS,
  )
})
