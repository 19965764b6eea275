import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnvironmentFile } from '#lib/environment-file.ts'
import { makeRelease, sumUp } from '../support/release.ts'
import { asAlice, canEnterRoot, DATA, EXECUTABLE, Installer, SETTINGS, SHARE, UNIT } from './installer.ts'

const canEnter = await canEnterRoot()

let installer: Installer

beforeEach(async () => {
  if (canEnter) installer = await Installer.prepare()
})
afterEach(() => {
  if (canEnter) installer.dispose()
})

/** Changes the unit of a release. */
function changeUnit(folder: string): string {
  const { root } = installer
  const changed = `${root.read(`${folder}/cronguard.service`)}# Of another version.\n`
  root.write(`${folder}/cronguard.service`, changed)
  sumUp(root, folder, ['cronguard-linux-x64.gz', 'cronguard.service', 'install.sh'])
  return changed
}

describe.skipIf(!canEnter)('install.sh: an upgrade', () => {
  test('creates a backup with the old version as the service user, and keeps the old executable', async () => {
    await installer.install('/release')
    installer.createDatabase()
    const output = await installer.install('/newer')
    expect(output).toContain(`Make a backup of ${DATA} with CronGuard 1.0.0`)
    expect(installer.root.read(`${DATA}/backups`)).toBe('1.0.0 as cronguard\n')
    expect([await installer.versionOf(EXECUTABLE), await installer.versionOf(`${EXECUTABLE}.prev`)]).toEqual([
      '1.1.0',
      '1.0.0',
    ])
  })

  test('backs up the data folder of the settings', async () => {
    await installer.install('/release')
    installer.root.write(SETTINGS, 'CRONGUARD_DATA_DIR="/srv/watch"\nCRONGUARD_PORT=9000\n')
    await installer.root.run(['install', '-d', '-o', 'cronguard', '/srv/watch'])
    installer.root.write('/srv/watch/cronguard.db', 'a database')
    const output = await installer.install('/newer')
    expect(installer.root.read('/srv/watch/backups')).toBe('1.0.0 as cronguard\n')
    expect(output).toContain('Open CronGuard 1.1.0 at http://127.0.0.1:9000\n')
  })

  test.each([
    '  CRONGUARD_DATA_DIR="/srv/cg data"',
    "\tCRONGUARD_DATA_DIR\t= '/srv/cg data' ",
    'CRONGUARD_DATA_DIR =/srv/cg data',
  ])('reads the settings as systemd and CronGuard do: %j', async (line) => {
    expect(parseEnvironmentFile(line)).toEqual({ CRONGUARD_DATA_DIR: '/srv/cg data' })
    await installer.install('/release')
    installer.root.write(SETTINGS, `${line}\n`)
    await installer.root.run(['install', '-d', '-o', 'cronguard', '/srv/cg data'])
    installer.root.write('/srv/cg data/cronguard.db', 'a database')
    await installer.install('/newer')
    expect(installer.root.read('/srv/cg data/backups')).toBe('1.0.0 as cronguard\n')
  })

  test('passes no CRONGUARD_ variable of its own on to CronGuard', async () => {
    await installer.install('/release')
    installer.createDatabase()
    const strict = 'backup)\n[ "$(env | grep -c ^CRONGUARD_)" = 1 ] || exit 2'
    installer.root.write(EXECUTABLE, installer.root.read(EXECUTABLE).replace('backup)', strict))
    const env = { CRONGUARD_DOWNLOAD_URL: '/newer', CRONGUARD_STRAY: 'yes' }
    expect(await installer.run([], { env })).toMatchObject({ exitCode: 0, stderr: '' })
    expect(installer.root.read(`${DATA}/backups`)).toBe('1.0.0 as cronguard\n')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.1.0')
  })

  test('creates no backup without a database', async () => {
    await installer.install('/release')
    expect(await installer.install('/newer')).not.toContain('backup of')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.1.0')
  })

  test('keeps edited settings, and writes a .new file only if the template has changed', async () => {
    await installer.install('/release')
    installer.root.write(SETTINGS, 'CRONGUARD_BASE_URL=https://cron.example.com\n')
    expect(await installer.install('/newer')).toContain('Open CronGuard 1.1.0 at https://cron.example.com\n')
    expect(installer.root.read(SETTINGS)).toBe('CRONGUARD_BASE_URL=https://cron.example.com\n')
    expect(installer.root.has(`${SETTINGS}.new`)).toBe(false)

    installer.root.write(`${SHARE}/cronguard.env`, 'what came with an earlier version')
    expect(await installer.install('/newer')).toContain(`Keep ${SETTINGS}, which was edited`)
    expect(installer.root.read(SETTINGS)).toBe('CRONGUARD_BASE_URL=https://cron.example.com\n')
    expect(installer.root.read(`${SETTINGS}.new`)).toContain('#CRONGUARD_PORT=8000')
    expect(installer.modeOf(`${SETTINGS}.new`)).toBe('640')
    expect(await installer.install('/newer')).not.toContain('which was edited')
  })

  test('updates an unedited unit, and keeps an edited one', async () => {
    await installer.install('/release')
    const changed = changeUnit('/newer')
    await installer.install('/newer')
    expect(installer.root.read(UNIT)).toBe(changed)

    const edited = `${changed}Nice=5\n`
    installer.root.write(UNIT, edited)
    makeRelease(installer.root, '/newest', '1.2.0')
    const newest = changeUnit('/newest').replace('another', 'yet another')
    installer.root.write('/newest/cronguard.service', newest)
    sumUp(installer.root, '/newest', ['cronguard-linux-x64.gz', 'cronguard.service', 'install.sh'])
    await installer.install('/newest')
    expect([installer.root.read(UNIT), installer.root.read(`${UNIT}.new`)]).toEqual([edited, newest])
  })

  test('finds the executable that the service runs', async () => {
    await installer.install('--prefix', '/opt/watch', '/release')
    installer.createDatabase()
    const output = await installer.install('/newer')
    expect(output).toContain(`Make a backup of ${DATA} with CronGuard 1.0.0`)
    expect(output).not.toContain('which was edited')
    expect(await installer.versionOf('/opt/watch/bin/cronguard')).toBe('1.1.0')
    expect(installer.root.read(UNIT)).toContain('ExecStart=/opt/watch/bin/cronguard serve\n')
    expect(installer.root.has(EXECUTABLE)).toBe(false)
    installer.root.write(UNIT, installer.root.read(UNIT).replace('ExecStart=/opt', 'ExecStart=!/opt'))
    await installer.install('--purge', '--yes')
    expect(installer.root.everything().filter((line) => /opt.*cronguard/.test(line))).toEqual([])
  })

  test.each(['/newer', '--dry-run /newer', '--uninstall', '--purge --yes'])(
    'refuses a prefix from which the service does not run: %s',
    async (args) => {
      await installer.install('/release')
      const { exitCode, stderr } = await installer.refused('--prefix', '/opt/watch', ...args.split(' '))
      expect(exitCode).toBe(1)
      expect(stderr).toContain('The service runs from /usr/local, not from /opt')
      expect(stderr).toContain('--uninstall')
    },
  )

  test('uses another prefix with --no-service, or after --uninstall', async () => {
    await installer.install('/release')
    await installer.install('--no-service', '--prefix', '/opt/alone', '/newer')
    expect([await installer.versionOf(EXECUTABLE), await installer.versionOf('/opt/alone/bin/cronguard')]).toEqual([
      '1.0.0',
      '1.1.0',
    ])
    await installer.install('--prefix=/usr/local/', '/newer')
    await installer.install('--uninstall')
    await installer.install('--prefix', '/opt/watch', '/newer')
    expect(installer.root.read(UNIT)).toContain('ExecStart=/opt/watch/bin/cronguard serve\n')
  })

  test('with --dry-run lists all steps, and changes nothing', async () => {
    await installer.install('/release')
    installer.createDatabase()
    const before = installer.root.everything()
    const output = await installer.install('--dry-run', '/newer')
    expect(output).toContain('Upgrade CronGuard 1.0.0 to 1.1.0')
    expect(output).toContain('Make a backup')
    expect(installer.root.everything()).toEqual(before)
  })

  test('works from a URL, with the script in a pipe', async () => {
    const { root } = installer
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request) => {
        const path = root.at(new URL(request.url).pathname)
        return root.has(new URL(request.url).pathname)
          ? new Response(Bun.file(path))
          : new Response('', { status: 404 })
      },
    })
    const address = `http://127.0.0.1:${server.port}`
    const script = readFileSync(root.at('/release/install.sh'), 'utf8')
    const piped = (url: string, ...args: string[]) =>
      root.run(['sh', '-s', '--', ...args], { env: { CRONGUARD_DOWNLOAD_URL: url }, input: script })
    expect(await piped(`${address}/release/`)).toMatchObject({ exitCode: 0, stderr: '' })
    makeRelease(root, '/releases/1.1.0', '1.1.0')
    expect(await piped(`${address}/releases`, '--version', '1.1.0')).toMatchObject({ exitCode: 0 })
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.1.0')
    expect(root.read(`${SHARE}/install.sh`)).toBe(script)
    const absent = await piped(`${address}/absent`)
    expect([absent.exitCode, absent.stderr]).toEqual([1, expect.stringContaining('has no SHA256SUMS')])
    await server.stop(true)
  })
})

describe.skipIf(!canEnter)('install.sh --uninstall', () => {
  beforeEach(async () => {
    await installer.install('/release')
    installer.createDatabase()
  })

  test('keeps data and settings, and says so', async () => {
    const output = await installer.install('--uninstall')
    for (const path of [EXECUTABLE, UNIT, SHARE]) expect(installer.root.has(path)).toBe(false)
    for (const path of [DATA, '/etc/cronguard']) expect(output).toContain(`${path} was kept`)
    expect(installer.root.read(`${DATA}/cronguard.db`)).toBe('a database')
    expect(installer.root.has(SETTINGS)).toBe(true)
    expect(output).toContain('The system user cronguard was kept')
  })

  test('works with the installed script', async () => {
    await installer.root.run(['sh', `${SHARE}/install.sh`, '--uninstall'])
    expect(installer.root.has(EXECUTABLE)).toBe(false)
  })

  test('can be undone by installing again', async () => {
    await installer.install('--uninstall')
    await installer.install('/release')
    expect(installer.root.read(`${DATA}/cronguard.db`)).toBe('a database')
  })

  test('with --dry-run removes nothing', async () => {
    const before = installer.root.everything()
    await installer.install('--uninstall', '--dry-run')
    await installer.install('--purge', '--dry-run')
    expect(installer.root.everything()).toEqual(before)
  })

  test.each(['no\n', '', 'y\n', 'yes please\n'])('with --purge removes nothing for the answer %j', async (input) => {
    const before = installer.root.everything()
    const { exitCode, stdout, stderr } = await installer.run(['--purge'], { input })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('Nothing was removed')])
    expect(stdout).toContain(DATA)
    expect(installer.root.everything()).toEqual(before)
  })

  test.each([
    [['--purge'], 'yes\n'],
    [['--purge', '--yes'], ''],
  ])('with %j and the answer %j removes everything', async (args, input) => {
    const { exitCode } = await installer.run(args, { input })
    expect(exitCode).toBe(0)
    for (const path of [EXECUTABLE, UNIT, SHARE, DATA, '/etc/cronguard']) expect(installer.root.has(path)).toBe(false)
    expect((await installer.root.run(['id', 'cronguard'])).exitCode).not.toBe(0)
  })

  test('of a second executable keeps everything of the service, and says so', async () => {
    installer.haveSystemd()
    installer.root.write('/opt/alone/share/cronguard/install.sh', '')
    const before = installer.root.everything()
    const alone = ['--uninstall', '--no-service', '--prefix', '/opt/alone']
    await installer.install('--no-service', '--prefix', '/opt/alone', '/newer')
    expect((await installer.refused(...alone.toSpliced(1, 1))).stderr).toContain(alone.join(' '))
    expect(await installer.install(...alone, '--dry-run')).toContain('Remove /opt/alone/bin/cronguard.')
    expect(await installer.versionOf('/opt/alone/bin/cronguard')).toBe('1.1.0')
    expect((await installer.install(...alone)).split('\n')).toEqual([
      'Remove /opt/alone/bin/cronguard.',
      'Remove /opt/alone/share/cronguard.',
      'The service, its settings and its data were kept.',
      '',
    ])
    const kept = before.filter((line) => !line.includes('opt/alone/share/cronguard'))
    expect(installer.root.everything().filter((line) => !line.endsWith('opt/alone/bin'))).toEqual(kept)
    expect(installer.asked()).toEqual([])
    expect(await installer.install(...alone)).toStartWith('/opt/alone/bin/cronguard does not exist.\n')
  })

  test.each(['', '--prefix /usr/local', '--prefix /usr/lib/../local', '--prefix /srv/link'])(
    'refuses to remove only the executable that the service runs: --no-service %s',
    async (args) => {
      await installer.root.run(['mkdir', '-p', '/srv/link'])
      await installer.root.run(['ln', '-s', '/usr/local/bin', '/srv/link/bin'])
      const { exitCode, stderr } = await installer.refused(
        '--uninstall',
        '--no-service',
        ...args.split(' ').filter(Boolean),
      )
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('To remove both, omit --no-service')])
      expect(await installer.versionOf(EXECUTABLE)).toBe('1.0.0')
    },
  )

  test('refuses to remove only an executable that the service runs through another program', async () => {
    installer.root.write(UNIT, installer.root.read(UNIT).replace('ExecStart=', 'ExecStart=/usr/bin/nice '))
    expect((await installer.refused('--uninstall', '--no-service')).stderr).toContain(`The service uses ${EXECUTABLE}`)
    expect(installer.root.has(EXECUTABLE)).toBe(true)
  })

  test('with --purge keeps a data folder that the owner chose', async () => {
    installer.root.write(SETTINGS, 'CRONGUARD_DATA_DIR=/srv/watch\n')
    installer.root.write('/srv/watch/cronguard.db', 'a database')
    expect(await installer.install('--purge', '--yes')).toContain('/srv/watch was kept. Remove it yourself')
    expect(installer.root.has('/srv/watch/cronguard.db')).toBe(true)
  })
})

describe.skipIf(!canEnter)('install.sh --user', () => {
  const HOME = '/home/alice'
  const asHer = (...args: string[]) => installer.root.run(asAlice('sh', '/release/install.sh', '--user', ...args))

  beforeEach(() => installer.root.run(['chown', '4711:4711', HOME]))

  test('installs into the home folder, with a unit that needs no root, and removes it again', async () => {
    const before = installer.root.everything().filter((line) => !line.includes('home/alice'))
    const { exitCode, stderr } = await asHer('/release')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(await installer.versionOf(`${HOME}/.local/bin/cronguard`)).toBe('1.0.0')
    const unit = installer.root.read(`${HOME}/.config/systemd/user/cronguard.service`)
    expect(unit).toContain(`ExecStart=${HOME}/.local/bin/cronguard serve\n`)
    expect(unit).toContain(`Environment=CRONGUARD_DATA_DIR=${HOME}/.local/state/cronguard\n`)
    expect(unit).toContain(`EnvironmentFile=-${HOME}/.config/cronguard/cronguard.env\n`)
    expect(unit).toContain('WantedBy=default.target\n')
    const settings = installer.root.read(`${HOME}/.config/cronguard/cronguard.env`)
    expect(settings).toContain(`# The folder of the database.\nCRONGUARD_DATA_DIR=${HOME}/.local/state/cronguard\n`)
    expect(settings).not.toMatch(/LoadCredential|ReadWritePaths/)
    expect(unit).not.toMatch(/User=|StateDirectory|ProtectSystem|LoadCredential|\/usr\/local|\/var\/lib|\/etc/)
    expect(installer.modeOf(`${HOME}/.local/state/cronguard`)).toBe('700')

    installer.root.write(`${HOME}/.local/state/cronguard/cronguard.db`, 'a database')
    expect((await asHer('/newer')).exitCode).toBe(0)
    expect(installer.root.read(`${HOME}/.local/state/cronguard/backups`)).toStartWith('1.0.0 as alice')
    expect((await asHer('--purge', '--yes')).exitCode).toBe(0)
    expect(installer.root.everything().filter((line) => line.includes('cronguard') && line.includes(HOME))).toEqual([])
    expect(installer.root.everything().filter((line) => !line.includes('home/alice'))).toEqual(before)
  })
})

test('install.sh: CronGuard knows every setting of the template', async () => {
  const { settingNames } = await import('#settings.ts')
  const script = readFileSync(join(import.meta.dir, '../../install.sh'), 'utf8')
  const written = [...script.matchAll(/^#(CRONGUARD_[A-Z_]+)=/gm)].map(([, name]) => name)
  expect(written.length).toBeGreaterThan(10)
  expect(settingNames()).toEqual(expect.arrayContaining(written))
})
