// install.sh: the sources that it accepts, what it runs from them, and the requirements of the machine.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { findProgram } from '../support/programs.ts'
import { makeProgram } from '../support/release.ts'
import { canEnterRoot, EXECUTABLE, Installer, SETTINGS, UNIT } from './installer.ts'

const canEnter = await canEnterRoot()
const CREDENTIALS = ['admin-alert-url', 'heartbeat-url', 'metrics-token', 'secret-key', 'smtp-password']

let installer: Installer

beforeEach(async () => {
  if (canEnter) installer = await Installer.prepare()
})
afterEach(() => {
  if (canEnter) installer.dispose()
})

describe.skipIf(!canEnter)('install.sh', () => {
  test.each([
    'http://downloads.example.com/cronguard',
    'http://localhost.example.com/cronguard',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'http://127.0.0.1:80@example.com/',
  ])('refuses the source %s', async (address) => {
    const { stderr } = await installer.refused(address)
    expect(stderr).toContain(
      `${address.replace(/\/$/, '')} is not https: anyone on the network path could replace the program.`,
    )
  })

  for (const tool of ['curl', 'wget'] as const) {
    test.skipIf(findProgram(tool) === null)(`with ${tool}: follows no redirect to http`, async () => {
      const release = serveRelease()
      const redirecting = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        fetch: (request) => Response.redirect(`${release.url}${new URL(request.url).pathname.slice(1)}`),
      })
      const address = `http://127.0.0.1:${redirecting.port}`
      const hidden = [tool === 'curl' ? 'wget' : 'curl']
      const { exitCode, stderr } = await installer.runWithout(hidden, ['--no-service', address])
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('has no SHA256SUMS')])
      expect(await installer.runWithout(hidden, ['--no-service', '--insecure', address])).toMatchObject({ exitCode: 0 })
      await redirecting.stop(true)
      await release.stop(true)
    })
  }

  test('runs a new program as an unprivileged user, never as root, to read its version', async () => {
    makeProgram(installer.root, '/alone/cronguard', '1.0.0')
    const script = readFileSync(installer.root.at('/alone/cronguard'), 'utf8')
    installer.root.write('/alone/cronguard', script.replace('case', 'id -u >>/tmp/who\ncase'))
    installer.root.write('/tmp/who', '')
    await installer.root.run(['chmod', '777', '/tmp/who'])
    await installer.install('--no-service', '--dry-run', '/alone/cronguard')
    await installer.install('--no-service', '/alone/cronguard')
    await installer.install('--no-service', '/alone/cronguard')
    expect(new Set(installer.root.read('/tmp/who').trim().split('\n'))).toEqual(new Set(['65534']))
  })

  test('refuses a processor that lacks SSE4.2', async () => {
    installer.root.write('/tmp/cpuinfo', 'processor\t: 0\nflags\t\t: fpu sse sse2 ssse3\n')
    const script = 'mount --bind /tmp/cpuinfo /proc/cpuinfo && exec sh /release/install.sh /release'
    const old = () => installer.root.run(['sh', '-c', script])
    expect((await old()).stderr).toContain('CronGuard needs a processor with SSE4.2')
    installer.setMachine({ machine: 'aarch64', libc: 'ldd (GNU libc) 2.36' })
    expect((await old()).exitCode).toBe(0)
  })

  test.each([
    [247, []],
    [251, []],
    [252, CREDENTIALS.map((name) => `LoadCredential=${name}:cronguard.${name}`)],
    [255, CREDENTIALS.map((name) => `LoadCredential=${name}:cronguard.${name}`)],
    [257, CREDENTIALS.map((name) => `ImportCredential=cronguard.${name}:${name}`)],
  ])('writes the credentials into the unit as systemd %i supports them', async (version, lines) => {
    installer.haveSystemd('', version)
    await installer.install('/release')
    expect(installer.root.read(UNIT).match(/^.*Credential=.*$/gm) ?? []).toEqual(expect.arrayContaining(lines))
    expect(installer.root.read(UNIT).match(/^.*Credential=.*$/gm) ?? []).toHaveLength(lines.length)
    expect(installer.root.read(UNIT).includes('credstore')).toBe(lines.length > 0)
    expect(installer.root.read(SETTINGS).includes('credstore')).toBe(lines.length > 0)
  })

  test('mentions the link for the first account only without a database', async () => {
    expect(await installer.install('/release')).toContain('Create the first account')
    installer.createDatabase()
    const output = await installer.install('/newer')
    expect(output).toContain('Open CronGuard 1.1.0 at http://127.0.0.1:8000\n')
    expect(output).not.toMatch(/first account|ping from a job/)
  })

  test.each(['--uninstall', '--purge'])('with %s lists the secrets that were kept', async (option) => {
    const secret = '/etc/credstore/cronguard.smtp-password'
    await installer.install('/release')
    installer.root.write(secret, 'tiger')
    expect(await installer.install(option, '--yes')).toContain(`\n${secret} was kept because it holds a secret`)
    expect(installer.root.has(EXECUTABLE)).toBe(false)
    expect(installer.root.read(secret)).toBe('tiger')
  })
})

/** Serves the release in the root over http. */
function serveRelease() {
  return Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      const path = `/release${new URL(request.url).pathname}`
      return installer.root.has(path)
        ? new Response(Bun.file(installer.root.at(path)))
        : new Response('', { status: 404 })
    },
  })
}
