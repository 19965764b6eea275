// The proxies in the documentation, if they are installed, with the documented configuration and other ports.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, eventually, execute, freePort } from '../support/binary.ts'
import { codeOf } from '../support/docs.ts'
import { findProgram } from '../support/programs.ts'

const SITE = { host: 'cron.example.org', path: '/cron' }
const BASE_URL = `https://${SITE.host}${SITE.path}`
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
  describe.skipIf(program === null)(`Proxy: ${kind.name}`, () => {
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
        CRONGUARD_BASE_URL: `https://${SITE.host}:${https}${SITE.path}`,
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

    const origin = () => `https://${SITE.host}:${https}`
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

    function curlCommand(args: string[]): string[] {
      const resolve = [http, https].flatMap((port) => ['--resolve', `${SITE.host}:${port}:127.0.0.1`])
      return ['curl', '-sS', '-k', '-m', '30', ...resolve, ...args]
    }

    const curl = (args: string[]) => execute(curlCommand(args))

    /** Starts curl in the background, to wait for lines of its verbose log and for parts of its output. */
    function startCurl(args: string[]) {
      const own = mkdtempSync(join(folder, 'curl-'))
      const [output, log] = [join(own, 'output'), join(own, 'log')]
      const command = curlCommand(['-v', '-N', ...args])
      const child = Bun.spawn(command, { stdio: ['ignore', Bun.file(output), Bun.file(log)] })
      const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
      const waitFor = (path: string, text: RegExp) => eventually(`curl to show ${text}`, () => text.test(read(path)))
      return {
        child,
        output: () => read(output),
        logged: (text: RegExp) => waitFor(log, text),
        received: (text: RegExp) => waitFor(output, text),
      }
    }

    async function newestPing() {
      const { stdout } = await curl(api(`/checks/${pingUrl.split('/').at(-1)}/pings/`))
      return JSON.parse(stdout).pings[0]
    }

    test('passes pings on over https, with their body, and over http without a redirect', async () => {
      expect((await curl(['--data-binary', 'done', pingUrl])).stdout).toBe('OK')
      expect(await newestPing()).toMatchObject({ scheme: 'https', remote_addr: '127.0.0.1', method: 'POST' })
      const plain = pingUrl.replace(origin(), `http://${SITE.host}:${http}`)
      expect((await curl([plain])).stdout).toBe('OK')
      expect(await newestPing()).toMatchObject({ scheme: 'http' })
    })

    test('redirects a browser to https', async () => {
      const page = `http://${SITE.host}:${http}/cron/login`
      const { stdout } = await curl(['-o', '/dev/null', '-w', '%{redirect_url}', '-H', 'Accept: text/html,*/*', page])
      expect(stdout).toBe(`https://${SITE.host}/cron/login`)
    })

    test('passes on a sign-in, and live updates without delay', async () => {
      const jar = join(folder, 'jar')
      const form = `email=${EMAIL}&password=${PASSWORD.replaceAll(' ', '+')}`
      await curl(['-c', jar, '-H', `Origin: ${origin()}`, '-d', form, `${origin()}/cron/login`])
      const page = (await curl(['-b', jar, `${origin()}/cron/`])).stdout
      const stream = /hx-sse:connect="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
      const listening = startCurl(['-b', jar, `${origin()}${stream}`])
      await listening.logged(/< HTTP\/\S+ 200/)
      await curl([`${pingUrl}/fail`])
      await listening.received(/event: row/)
      await listening.received(/href="\/cron\/monitors\//)
      await stop(listening.child)
    }, 30_000)

    test(`${kind.waits ? 'holds a ping' : 'answers a ping with 503'} while CronGuard restarts`, async () => {
      await cronguard.end('SIGTERM')
      const pinging = startCurl(['--retry', kind.waits ? '0' : '5', '--data-binary', 'still here', pingUrl])
      await pinging.logged(kind.waits ? /completely (?:uploaded|sent)/ : /< HTTP\/\S+ 503/)
      await cronguard.start()
      expect(await pinging.child.exited).toBe(0)
      expect(pinging.output()).toEndWith('OK')
      expect(await newestPing()).toMatchObject({ method: 'POST' })
    }, 60_000)

    test('passes pings on over the unix socket', async () => {
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
  const out = ['-out', join(folder, 'fullchain.pem'), '-days', '2', '-subj', `/CN=${SITE.host}`]
  const { exitCode, stderr } = await execute(['openssl', 'req', '-x509', ...key, ...out])
  if (exitCode !== 0) throw new Error(stderr)
}
