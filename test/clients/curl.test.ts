// The real curl against a real server.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { execute } from '../support/binary.ts'
import { ALIAS, Moved } from '../support/moved.ts'
import { findProgram } from '../support/programs.ts'
import { refusingOnce, Served } from '../support/served.ts'

const program = findProgram('curl')
const PATIENCE_MS = 30_000
const FLAGS = ['-fsS', '-m', '10', '--retry', '5', '--retry-connrefused']

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

const curl = (...args: string[]) => execute(['curl', ...args])
const shell = (line: string) => execute(['sh', '-c', line])

describe.skipIf(!program)('curl', () => {
  test('pings as in a crontab', async () => {
    expect(await curl(...FLAGS, '-o', '/dev/null', url)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(moved.pings()).toMatchObject([
      { kind: 'success', method: 'GET', userAgent: expect.stringMatching(/^curl\//), body: '' },
    ])
  })

  test('gets an OK that grep finds as a whole line', async () => {
    expect((await shell(`curl -s ${url} | grep -Fx OK`)).exitCode).toBe(0)
    expect((await shell(`curl -s ${served.url}/${moved.backup.pingKey} | grep -Fx OK`)).exitCode).toBe(0)
  })

  test('is never redirected, with or without a trailing slash', async () => {
    for (const address of [
      url,
      `${url}/`,
      `${served.url}/${moved.backup.pingKey}/`,
      `${served.url}/api/push/${ALIAS}/`,
    ]) {
      const { stdout } = await curl('-s', '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', address)
      expect(stdout).toBe('200 ')
    }
    expect(moved.kinds()).toHaveLength(4)
  })

  test('gets the head of the answer to HEAD, and no body', async () => {
    const { exitCode, stdout } = await curl('-fsSI', url)
    expect(exitCode).toBe(0)
    expect(stdout).toStartWith('HTTP/1.1 200 OK\r\n')
    expect(stdout.toLowerCase()).toContain('ping-body-limit: 100000\r\n')
    expect(stdout).toEndWith('\r\n\r\n')
    expect(moved.pings()).toMatchObject([{ kind: 'success', method: 'HEAD' }])
  })

  test('posts text, and output of any length', async () => {
    expect((await curl(...FLAGS, '--data-raw', 'rows=42&done', url)).stdout).toBe('OK')
    const { exitCode } = await shell(`head -c 2000000 /dev/zero | tr '\\0' x | curl -fsS --data-binary @- ${url}/log`)
    expect(exitCode).toBe(0)
    expect(moved.pings()).toMatchObject([
      { kind: 'success', method: 'POST', body: 'rows=42&done' },
      { kind: 'log', method: 'POST', body: 'x'.repeat(100_000) },
    ])
  })

  test('pings with PUT', async () => {
    expect((await curl('-fsS', '-X', 'PUT', '-d', 'hello', url)).stdout).toBe('OK')
    expect(moved.pings()).toMatchObject([{ method: 'PUT', body: 'hello' }])
  })

  test('reports the exit status of the previous command', async () => {
    await shell(`sh -c 'exit 3'; curl -fsS ${url}/$?`)
    await shell(`true; curl -fsS ${url}/$?`)
    expect(moved.pings()).toMatchObject([
      { kind: 'fail', exitStatus: 3 },
      { kind: 'success', exitStatus: 0 },
    ])
  })

  test('reports the EXIT_STATUS of a systemd unit, a number or the name of a signal', async () => {
    for (const status of ['0', '2', 'TERM']) {
      const { exitCode } = await execute(['sh', '-c', `curl -fsS -m 10 ${url}/\${EXIT_STATUS}`], {
        env: { EXIT_STATUS: status },
      })
      expect(exitCode).toBe(0)
    }
    expect(moved.pings().map(({ exitStatus }) => exitStatus)).toEqual([0, 2, 143])
  })

  test('fails with -f if nothing was recorded', async () => {
    const unknown = url.replace(moved.backup.pingKey, '07c2f548-9850-4b27-af5d-6c9dc157ec02')
    expect((await curl('-fsS', unknown)).exitCode).toBe(22)
    expect((await curl('-fsS', `${served.url}/api/push/unknown`)).exitCode).toBe(22)
  })

  test('pushes for Uptime Kuma from a shell that cuts its URL at the first &', async () => {
    await shell(`curl -s -o /dev/null ${served.url}/api/push/${ALIAS}?status=up&msg=OK&ping= ; wait`)
    expect(moved.pings()).toMatchObject([{ kind: 'success', body: '' }])
  })
})

describe.skipIf(!program)('curl --retry', () => {
  test(
    'retries until the disk is writable again',
    async () => {
      const { handler, statuses } = refusingOnce(moved.guard)
      const failing = new Served(moved.guard, handler).open()
      const { exitCode } = await curl(...FLAGS, `${failing.url}/ping/${moved.backup.pingKey}`)
      await failing.close()
      expect({ exitCode, statuses, kinds: moved.kinds() }).toEqual({
        exitCode: 0,
        statuses: [503, 200],
        kinds: ['success'],
      })
    },
    PATIENCE_MS,
  )

  test(
    'retries until the server listens, with --retry-connrefused',
    async () => {
      const late = new Served(moved.guard)
      const child = Bun.spawn(['curl', ...FLAGS, '-v', `${late.url}/ping/${moved.backup.pingKey}`], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      })
      const decoder = new TextDecoder()
      let errors = ''
      for await (const part of child.stderr) {
        errors += decoder.decode(part, { stream: true })
        if (/refused/i.test(errors)) break
      }
      late.open()
      expect(await child.exited).toBe(0)
      expect(moved.kinds()).toEqual(['success'])
      await late.close()
    },
    PATIENCE_MS,
  )
})
