// The proxies that the documentation has lines for, where the machine has them: those very lines, with other ports.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually, execute, freePort } from '../support/binary.ts'
import { codeOf } from '../support/docs.ts'
import { findProgram } from '../support/programs.ts'

const PLACE = { host: 'cron.example.org', path: '/cron' }
const BASE_URL = `https://${PLACE.host}${PLACE.path}`
const EMAIL = 'ada@example.org'
const PASSWORD = 'a very long engine'
const BEFORE_2_7 = /^v?2\.[0-6]\./

interface Setup {
  folder: string
  http: number
  https: number
  /** Where CronGuard listens, as this proxy writes it. */
  upstream: string
  version: string
}

interface Kind {
  name: string
  configure(setup: Setup): string
  command(configuration: string, folder: string): string[]
  onSocket(path: string): string
  /** Whether a ping waits for a CronGuard that restarts. */
  waits: boolean
}

const KINDS: Kind[] = [
  {
    name: 'caddy',
    configure: ({ http, https, upstream, version }) =>
      [
        `{\nhttp_port ${http}\nhttps_port ${https}\nadmin off\nlocal_certs\nskip_install_trust\n}`,
        codeOf('proxy.md', 'caddy', { baseUrl: BASE_URL, upstream }).replace(
          'request_buffers 16MiB',
          BEFORE_2_7.test(version) ? 'buffer_requests' : '$&',
        ),
      ].join('\n'),
    command: (configuration) => ['run', '--config', configuration, '--adapter', 'caddyfile'],
    onSocket: (path) => `unix/${path}`,
    waits: true,
  },
  {
    name: 'nginx',
    configure: ({ folder, http, https, upstream }) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      )
      const site = codeOf('proxy.md', 'nginx', { baseUrl: BASE_URL, upstream })
        .replace('listen 80;', `listen ${http};`)
        .replace('listen 443 ssl;', `listen ${https} ssl;`)
        .replaceAll('/etc/letsencrypt/live/cron.example.org', folder)
      const own = `daemon off;\npid ${folder}/nginx.pid;\nuser root;\nevents {}\n`
      return `${own}http {\naccess_log off;\n${temporary.join('\n')}\n${site}\n}`
    },
    command: (configuration, folder) => ['-c', configuration, '-p', folder, '-e', `${folder}/error.log`],
    onSocket: (path) => `unix:${path}`,
    waits: false,
  },
]

for (const kind of KINDS) {
  const program = findProgram(kind.name)
  describe.skipIf(program === null)(`Behind ${kind.name}`, () => {
    let folder: string
    let cronguard: Binary
    let running: Bun.Subprocess
    let http: number
    let https: number
    let key: string
    let pingUrl: string

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'cronguard-proxy-'))
      http = await freePort()
      https = await freePort()
      const socket = join(folder, 'cronguard.sock')
      cronguard = await Binary.prepare({
        CRONGUARD_BASE_URL: `https://${PLACE.host}:${https}${PLACE.path}`,
        CRONGUARD_TRUSTED_PROXIES: '127.0.0.1',
        CRONGUARD_SOCKET: socket,
      })
      await cronguard.start()
      await cronguard.run(['user', 'create', EMAIL, '--password-stdin'], { input: PASSWORD })
      key = (await cronguard.run(['key', 'create', EMAIL])).stdout.trim()
      await makeCertificate(folder)
      await startProxy(`127.0.0.1:${cronguard.port}`)
      const check = await curl([...api('/checks/'), '-d', '{"name": "backup"}'])
      pingUrl = JSON.parse(check.stdout).ping_url
    }, 60_000)

    afterAll(async () => {
      await stop(running)
      await cronguard?.dispose()
      rmSync(folder, { recursive: true, force: true })
    })

    const origin = () => `https://${PLACE.host}:${https}`
    const api = (path: string) => [`${origin()}/cron/api/v3${path}`, '-H', `X-Api-Key: ${key}`]

    async function startProxy(upstream: string): Promise<void> {
      const configuration = join(folder, 'configuration')
      const version = (await execute([program?.path ?? '', 'version'])).stdout
      writeFileSync(configuration, kind.configure({ folder, http, https, upstream, version }))
      running = Bun.spawn([program?.path ?? '', ...kind.command(configuration, folder)], {
        cwd: folder,
        env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
        stdio: ['ignore', 'ignore', Bun.file(join(folder, 'log'))],
      })
      await eventually(`${kind.name} to answer`, async () => {
        const { stdout } = await curl([`${origin()}/cron/livez`])
        return stdout === 'alive\n'
      })
    }

    function curl(args: string[]) {
      const resolve = [http, https].flatMap((port) => ['--resolve', `${PLACE.host}:${port}:127.0.0.1`])
      return execute(['curl', '-sS', '-k', '-m', '30', ...resolve, ...args])
    }

    async function newestPing() {
      const { stdout } = await curl(api(`/checks/${pingUrl.split('/').at(-1)}/pings/`))
      return JSON.parse(stdout).pings[0]
    }

    test('a ping is heard over https, with its body, and over http without a redirect', async () => {
      expect((await curl(['--data-binary', 'done', pingUrl])).stdout).toBe('OK')
      expect(await newestPing()).toMatchObject({ scheme: 'https', remote_addr: '127.0.0.1', method: 'POST' })
      const plain = pingUrl.replace(origin(), `http://${PLACE.host}:${http}`)
      expect((await curl([plain])).stdout).toBe('OK')
      expect(await newestPing()).toMatchObject({ scheme: 'http' })
    })

    test('a browser is led to https', async () => {
      const page = `http://${PLACE.host}:${http}/cron/login`
      const { stdout } = await curl(['-o', '/dev/null', '-w', '%{redirect_url}', '-H', 'Accept: text/html,*/*', page])
      expect(stdout).toBe(`https://${PLACE.host}/cron/login`)
    })

    test('somebody signs in, and what changes comes over the stream at once', async () => {
      const jar = join(folder, 'jar')
      const form = `email=${EMAIL}&password=${PASSWORD.replaceAll(' ', '+')}`
      await curl(['-c', jar, '-H', `Origin: ${origin()}`, '-d', form, `${origin()}/cron/login`])
      const page = (await curl(['-b', jar, `${origin()}/cron/`])).stdout
      const stream = /hx-sse:connect="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
      const listening = curl(['-N', '-m', '3', '-b', jar, `${origin()}${stream}`])
      await Bun.sleep(500)
      await curl([`${pingUrl}/fail`])
      const { stdout } = await listening
      expect(stdout).toContain('event: row')
      expect(stdout).toContain('href="/cron/monitors/')
    }, 30_000)

    test(`while CronGuard restarts, a ping ${kind.waits ? 'waits' : 'is told to come again'}`, async () => {
      await cronguard.end('SIGTERM')
      const retry = kind.waits ? [] : ['--retry', '5']
      const first = kind.waits ? null : await curl(['-o', '/dev/null', '-w', '%{http_code}', pingUrl])
      const pinging = curl([...retry, '--data-binary', 'still here', pingUrl])
      await Bun.sleep(1000)
      await cronguard.start()
      expect((await pinging).stdout).toEndWith('OK')
      if (first) expect(first.stdout).toBe('503')
    }, 60_000)

    test('all of it goes over the unix socket, too', async () => {
      await stop(running)
      await startProxy(kind.onSocket(join(folder, 'cronguard.sock')))
      expect((await curl(['--data-binary', 'done', pingUrl])).stdout).toBe('OK')
      expect(await newestPing()).toMatchObject({ scheme: 'https', remote_addr: '127.0.0.1' })
    }, 30_000)
  })
}

async function stop(child: Bun.Subprocess | undefined): Promise<void> {
  child?.kill('SIGTERM')
  await child?.exited
}

async function makeCertificate(folder: string): Promise<void> {
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(folder, 'privkey.pem')]
  const out = ['-out', join(folder, 'fullchain.pem'), '-days', '2', '-subj', `/CN=${PLACE.host}`]
  const { exitCode, stderr } = await execute(['openssl', 'req', '-x509', ...key, ...out])
  if (exitCode !== 0) throw new Error(stderr)
}
