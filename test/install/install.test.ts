import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { makeProgram, makeRelease, sumUp } from '../support/release.ts'
import { asAlice, canEnterRoot, DATA, EXECUTABLE, Installer, SETTINGS, UNIT } from './installer.ts'

const canEnter = await canEnterRoot()

let installer: Installer

async function open(): Promise<void> {
  installer = await Installer.prepare()
}

describe.skipIf(!canEnter)('install.sh', () => {
  beforeEach(open)
  afterEach(() => installer.dispose())

  test('installs everything from a release, and ends with three lines on how to start', async () => {
    const output = await installer.install('/release')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.0.0')
    expect(installer.root.read(UNIT)).toContain(`ExecStart=${EXECUTABLE} serve\n`)
    expect((await installer.root.run(['id', 'cronguard'])).stdout).toMatch(/\(cronguard\) gid=\d+\(cronguard\)/)
    expect([
      installer.modeOf(DATA),
      installer.modeOf('/etc/cronguard'),
      installer.modeOf(SETTINGS),
      installer.modeOf(UNIT),
      installer.modeOf(EXECUTABLE),
    ]).toEqual(['700', '750', '640', '644', '755'])
    const owners = await installer.root.run(['stat', '-c', '%U:%G', DATA, SETTINGS])
    expect(owners.stdout).toBe('cronguard:cronguard\nroot:cronguard\n')
    const lines = output.trimEnd().split('\n').slice(-3)
    expect(lines[0]).toBe('Open CronGuard 1.0.0 at http://127.0.0.1:8000')
    expect(lines[1]).toContain('Create the first account')
    expect(lines[2]).toContain("curl -fsS 'http://127.0.0.1:8000/ping/")
  })

  test('leaves no temporary files', async () => {
    await installer.install('/release')
    expect(installer.root.everything().filter((line) => /cronguard-install|cronguard\S*\.\d+/.test(line))).toEqual([])
  })

  test('leaves no temporary files when its output is closed', async () => {
    for (const lines of [1, 2]) {
      await installer.root.run(['sh', '-c', `sh /release/install.sh --no-service /release | head -n ${lines} | cat`])
      expect(installer.root.everything().filter((line) => line.includes('cronguard-install'))).toEqual([])
    }
  })

  test('uses the release in its own folder', async () => {
    await installer.install()
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.0.0')
  })

  test('changes nothing on a second run', async () => {
    await installer.install('/release')
    installer.createDatabase()
    const before = installer.root.everything()
    expect(await installer.install('/release')).toContain('is already installed')
    expect(installer.root.everything()).toEqual(before)
  })

  test('installs a single executable, and says that it is not verified', async () => {
    makeProgram(installer.root, '/one/cronguard', '1.0.0')
    expect(await installer.install('/one/cronguard')).toContain(
      'it is not listed in a SHA256SUMS file in the same folder',
    )
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.0.0')
    sumUp(installer.root, '/one', ['cronguard'])
    makeProgram(installer.root, '/one/cronguard', '1.2.0')
    expect((await installer.refused('/one/cronguard')).stderr).toContain('does not match SHA256SUMS')
  })

  test('--version installs exactly that version', async () => {
    makeRelease(installer.root, '/shelf/1.0.0', '1.0.0')
    makeRelease(installer.root, '/shelf/1.1.0', '1.1.0')
    await installer.install('--version', '1.1.0', '/shelf')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.1.0')
    expect((await installer.refused('--version=1.0.0', '/newer')).stderr).toContain(
      '/newer has CronGuard 1.1.0, not 1.0.0',
    )
    expect((await installer.refused('/release')).stderr).toContain('use --version 1.0.0')
    await installer.install('--version=1.0.0', '/shelf')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.0.0')
  })

  test('--prefix installs elsewhere, and the unit uses that path', async () => {
    expect((await installer.refused('--prefix', '/home/alice', '/release')).stderr).toContain('--user')
    await installer.install('--prefix', '/opt/watch/', '/release')
    expect(await installer.versionOf('/opt/watch/bin/cronguard')).toBe('1.0.0')
    expect(installer.root.read(UNIT)).toContain('ExecStart=/opt/watch/bin/cronguard serve\n')
  })

  test('--no-service installs only the executable', async () => {
    const before = installer.root.everything()
    await installer.install('--no-service', '/release')
    const added = installer.root.everything().filter((line) => !before.includes(line))
    expect(added.map((line) => line.split(' ')[2])).toEqual(['local/bin', 'local/bin/cronguard'])
  })

  test('--uninstall --no-service removes only the executable', async () => {
    const before = installer.root.everything()
    await installer.install('--no-service', '/release')
    expect(await installer.install('--uninstall', '--no-service')).toStartWith(`Remove ${EXECUTABLE}.\n`)
    expect(installer.root.everything().filter((line) => !line.endsWith('local/bin'))).toEqual(before)
  })

  test('writes settings that explain other data folders and secrets', async () => {
    await installer.install('/release')
    const settings = installer.root.read(SETTINGS)
    expect(settings).toMatch(/needs ReadWritePaths=.*"systemctl edit cronguard"\.\nCRONGUARD_DATA_DIR=/)
    expect(settings).toContain('# NAME_FILE to the path, or use files in /etc/credstore, as the unit explains.')
  })

  test('--dry-run lists all steps and changes nothing', async () => {
    installer.haveSystemd()
    const before = installer.root.everything()
    const output = await installer.install('--dry-run', '/release')
    for (const word of [EXECUTABLE, UNIT, SETTINGS, DATA, 'system user', 'Start']) expect(output).toContain(word)
    expect(installer.root.everything()).toEqual(before)
  })

  const noexec = (folder: string, ...args: string[]) => {
    const script = 'mount -n -t tmpfs -o noexec none $0 && sh /release/install.sh "$@" /release; echo $? $(ls -A $0)'
    return installer.root.run(['sh', '-c', script, folder, ...args])
  }

  test('--dry-run on noexec says that the program could not be tested, and leaves no files', async () => {
    const before = installer.root.everything()
    const { stdout, stderr } = await noexec('/tmp', '--dry-run')
    expect(stdout).toContain('Programs cannot run in /tmp; is it mounted noexec? The new CronGuard could not be tested')
    expect(stdout).toContain(`Install CronGuard unknown as ${EXECUTABLE}.\n`)
    expect([stdout.split('\n').at(-2), stderr]).toEqual(['0', ''])
    expect(installer.root.everything()).toEqual(before)
    expect((await noexec('/tmp', '--dry-run', '--version', '1.0.0')).stdout).toContain('Install CronGuard 1.0.0 as')
  })

  test('says why, and changes nothing, when programs cannot run in the prefix', async () => {
    const { stdout, stderr } = await noexec('/usr/local')
    expect(stderr).toContain('Programs cannot run in /usr/local; is it mounted noexec? Nothing was changed.')
    expect(stdout).toEndWith('\n1\n')
  })

  test.each([
    [['--nonsense'], /unknown option --nonsense/],
    [['--prefix'], /--prefix needs a value/],
    [['--prefix', 'relative', '/release'], /must begin with \//],
    [['--version', '../..', '/release'], /is not a version/],
    [['/release', '/newer'], /only one source/],
    [['--purge', '--no-service'], /Use --uninstall/],
  ])('called with %j says what is wrong', async (args, words) => {
    const { exitCode, stderr } = await installer.refused(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(words)])
  })

  test('--help explains all options', async () => {
    for (const option of [
      '--version',
      '--prefix',
      '--user',
      '--dry-run',
      '--no-service',
      '--uninstall',
      '--purge',
      '--insecure',
    ])
      expect(await installer.install('--help')).toContain(option)
  })

  test('does nothing when the download is truncated', async () => {
    const script = installer.root.read('/release/install.sh')
    const before = installer.root.everything()
    for (let cut = 0; cut < script.length - 12; cut += 997) {
      const { stdout } = await installer.root.run(['sh'], { input: script.slice(0, cut) })
      expect(stdout).toBe('')
    }
    expect(installer.root.everything()).toEqual(before)
  }, 20_000)
})

describe.skipIf(!canEnter)('install.sh refuses, and changes nothing,', () => {
  beforeEach(async () => {
    await open()
    await installer.install('/release')
    installer.createDatabase()
  })
  afterEach(() => installer.dispose())

  test('a file that does not match its checksum', async () => {
    installer.root.write('/newer/cronguard-linux-x64.gz', Bun.gzipSync('#!/bin/sh\necho 6.6.6\n'))
    expect((await installer.refused('/newer')).stderr).toContain('does not match SHA256SUMS')
  })

  test('a unit that does not match its checksum', async () => {
    installer.root.write('/newer/cronguard.service', '[Service]\nExecStart=/bin/evil\n')
    expect((await installer.refused('/newer')).stderr).toContain('cronguard.service does not match SHA256SUMS')
  })

  test('a release without checksums, and a missing source', async () => {
    makeProgram(installer.root, '/bare/cronguard-linux-x64.gz', '1.1.0')
    expect((await installer.refused('/bare')).stderr).toContain('/bare has no SHA256SUMS')
    expect((await installer.refused('/absent')).stderr).toContain('/absent does not exist.')
  })

  test.each(['riscv64', 'armv7l', 'i686'])('an unsupported machine: %s', async (machine) => {
    installer.setMachine({ machine, libc: '' })
    expect((await installer.refused('/newer')).stderr).toContain(
      `CronGuard runs on x86_64 and aarch64, not ${machine}.`,
    )
  })

  test('a 32-bit system on a 64-bit kernel, and a system that is not Linux', async () => {
    installer.root.fake('getconf', 'echo 32')
    expect((await installer.refused('/newer')).stderr).toContain('its programs are 32-bit')
    installer.setMachine({ system: 'Darwin', machine: 'arm64', libc: '' })
    expect((await installer.refused('/newer')).stderr).toContain('CronGuard runs on Linux; this is Darwin')
  })

  test('a program that does not run on this machine', async () => {
    installer.root.write('/newer/cronguard-linux-x64.gz', Bun.gzipSync('\x7fELF of another machine'))
    sumUp(installer.root, '/newer', ['cronguard-linux-x64.gz', 'cronguard.service', 'install.sh'])
    expect((await installer.refused('/newer')).stderr).toContain('does not run on this machine')
  })

  test('an upgrade whose backup fails, unless --no-backup is given', async () => {
    installer.root.write(`${DATA}/refuse`, '')
    expect((await installer.refused('/newer')).stderr).toContain('The backup failed, so nothing was changed')
    await installer.install('--no-backup', '/newer')
    expect(await installer.versionOf(EXECUTABLE)).toBe('1.1.0')
  })

  test('a user other than root', async () => {
    const { exitCode, stderr } = await installer.root.run(asAlice('sh', '/release/install.sh', '/newer'))
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('This needs root')])
  })
})

describe.skipIf(!canEnter)('install.sh picks the build for', () => {
  beforeAll(open)
  afterAll(() => installer.dispose())

  test.each([
    ['x86_64', 'ldd (GNU libc) 2.36', 'cronguard-linux-x64'],
    ['x86_64', 'musl libc (x86_64)', 'cronguard-linux-x64-musl'],
    ['aarch64', 'ldd (Ubuntu GLIBC 2.39-0ubuntu8) 2.39', 'cronguard-linux-arm64'],
    ['arm64', 'musl libc (aarch64)', 'cronguard-linux-arm64-musl'],
  ])('%s with "%s"', async (machine, libc, target) => {
    installer.setMachine({ machine, libc })
    expect(await installer.install('--dry-run', '/release')).toContain(`Installing ${target} from`)
    await installer.install('--no-service', '/release')
    expect(installer.root.read(EXECUTABLE)).toContain(`# ${target}\n`)
  })
})
