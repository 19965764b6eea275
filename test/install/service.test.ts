import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { canEnterRoot, Installer, SWITCH, UNIT } from './installer.ts'

const START = 'Start cronguard.service, now and at boot.'

const canEnter = await canEnterRoot()

let installer: Installer

beforeEach(async () => {
  if (canEnter) installer = await Installer.prepare()
})
afterEach(() => {
  if (canEnter) installer.dispose()
})

describe.skipIf(!canEnter)('install.sh with systemd', () => {
  test('starts and enables the service', async () => {
    installer.haveSystemd()
    const output = await installer.install('/release')
    expect(installer.asked()).toEqual(['daemon-reload', 'enable --now cronguard.service'])
    expect(output.trimEnd().split('\n').at(-2)).toContain('journalctl -u cronguard -o cat | grep -F /setup?')
  })

  test('restarts a running service after an upgrade, and only then', async () => {
    installer.haveSystemd()
    await installer.install('/release')
    await installer.install('/release')
    expect(installer.asked()).toHaveLength(2)
    await installer.install('/newer')
    expect(installer.asked().slice(2)).toEqual(['daemon-reload', 'try-restart cronguard.service'])
  })

  test('names the journal when the service does not start', async () => {
    installer.haveSystemd('[ "$1" != enable ]')
    const { exitCode, stderr } = await installer.run(['/release'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('To see why: journalctl -u cronguard')])
  })

  test('stops the service before removing it', async () => {
    installer.haveSystemd()
    await installer.install('/release')
    await installer.install('--uninstall')
    expect(installer.asked().slice(2)).toEqual(['disable --now cronguard.service', 'daemon-reload'])
  })

  test('starts a service that was installed while systemd did not run', async () => {
    await installer.install('/release')
    installer.haveSystemd(SWITCH)
    expect(await installer.install('--dry-run', '/release')).toContain(START)
    expect(await installer.install('/release')).toContain(START)
    const isAsked = ['is-enabled --quiet cronguard.service', 'is-active --quiet cronguard.service']
    const isStarted = ['daemon-reload', 'enable --now cronguard.service']
    expect(installer.asked()).toEqual([...isAsked, ...isAsked, ...isStarted])
    await installer.install('/release')
    expect(installer.asked()).toHaveLength(6)
  })

  test('starts the service after an interrupted install', async () => {
    installer.haveSystemd('kill -9 $PPID')
    expect((await installer.run(['/release'])).exitCode).not.toBe(0)
    expect(installer.root.has(UNIT)).toBe(true)
    installer.haveSystemd(SWITCH)
    expect(await installer.install('/newer')).toContain(START)
    expect(installer.asked().at(-1)).toBe('enable --now cronguard.service')
  })

  test('does not enable a service that someone disabled', async () => {
    installer.haveSystemd(SWITCH)
    await installer.install('/release')
    await installer.root.run(['systemctl', 'disable', '--now', 'cronguard.service'])
    expect(await installer.install('/release')).not.toContain(START)
    expect(await installer.install('/newer')).not.toContain(START)
    expect(installer.asked().slice(3)).toEqual(['daemon-reload', 'try-restart cronguard.service'])
  })

  test.each(['is-enabled', 'is-active'])('does not enable a service for which systemctl %s succeeds', async (state) => {
    await installer.install('/release')
    installer.haveSystemd(`case $1 in is-*) [ "$1" = ${state} ] ;; esac`)
    expect(await installer.install('/newer')).not.toContain(START)
    expect(installer.asked().slice(-2)).toEqual(['daemon-reload', 'try-restart cronguard.service'])
    installer.haveSystemd('case $1 in is-*) false ;; esac')
    expect(await installer.install('/newer')).not.toContain(START)
  })
})
