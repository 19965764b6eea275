// Which settings a command uses that is called without CRONGUARD_DATA_DIR.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, describeConfig } from '#config.ts'
import { configurationFolders, findEnvironment } from '#environment.ts'
import { parseEnvironmentFile } from '#lib/environment-file.ts'

let home: string
let machine: string

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-environment-'))
  home = join(folder, 'home')
  machine = join(folder, 'etc')
})
afterEach(() => rmSync(join(home, '..'), { recursive: true }))

function writeSettings(folder: string, text: string): string {
  mkdirSync(join(folder, 'cronguard'), { recursive: true })
  const path = join(folder, 'cronguard', 'cronguard.env')
  writeFileSync(path, text)
  return path
}
const find = (env: Record<string, string> = {}) => findEnvironment(env, [home, machine])

describe('findEnvironment', () => {
  test('returns the environment if no service is installed', () => {
    expect(find({ CRONGUARD_PORT: '9000' })).toEqual({ env: { CRONGUARD_PORT: '9000' }, settingsFile: null })
  })

  test('adds the settings of the installed service, and the environment takes precedence', () => {
    const settingsFile = writeSettings(machine, 'CRONGUARD_DATA_DIR=/srv/watch\nCRONGUARD_PORT=9000\n')
    expect(find({ CRONGUARD_PORT: '9001', HOME: '/root' })).toEqual({
      env: { CRONGUARD_DATA_DIR: '/srv/watch', CRONGUARD_PORT: '9001', HOME: '/root' },
      settingsFile,
    })
  })

  test('prefers the settings of the service of this user', () => {
    writeSettings(machine, 'CRONGUARD_DATA_DIR=/srv/watch\n')
    const settingsFile = writeSettings(home, 'CRONGUARD_DATA_DIR=/home/ada/watch\n')
    expect(find()).toEqual({ env: { CRONGUARD_DATA_DIR: '/home/ada/watch' }, settingsFile })
  })

  test('returns only the environment if that names a data folder', () => {
    writeSettings(machine, 'CRONGUARD_DATA_DIR=/srv/watch\nCRONGUARD_PORT=9000\n')
    expect(find({ CRONGUARD_DATA_DIR: '/tmp/try' })).toEqual({
      env: { CRONGUARD_DATA_DIR: '/tmp/try' },
      settingsFile: null,
    })
  })

  test.skipIf(process.getuid?.() === 0)('throws if the settings are readable by others only', () => {
    chmodSync(writeSettings(machine, 'CRONGUARD_DATA_DIR=/srv/watch\n'), 0)
    expect(() => find()).toThrow(/cannot read it \(EACCES\).*sudo -u cronguard/s)
  })

  test('throws if the settings cannot be read', () => {
    mkdirSync(join(machine, 'cronguard/cronguard.env'), { recursive: true })
    expect(() => find()).toThrow(ConfigError)
  })

  test('configurationFolders: the home folder, then /etc', () => {
    expect(configurationFolders({ HOME: '/home/ada' })).toEqual(['/home/ada/.config', '/etc'])
    expect(configurationFolders({ HOME: '/home/ada', XDG_CONFIG_HOME: '/conf' })).toEqual(['/conf', '/etc'])
    expect(configurationFolders({})).toEqual(['/etc'])
  })

  test('describeConfig: tells the source of each setting', () => {
    const own = { CRONGUARD_PORT: '9001' }
    const env = { CRONGUARD_DATA_DIR: '/srv/watch', ...own }
    const from = Object.fromEntries(describeConfig(env, own).map((setting) => [setting.name, setting.from]))
    expect(from).toMatchObject({
      CRONGUARD_DATA_DIR: 'settings file',
      CRONGUARD_PORT: 'environment',
      CRONGUARD_HOST: 'default',
    })
  })
})

describe('parseEnvironmentFile', () => {
  test.each([
    ['A=1\nB=two words\n', { A: '1', B: 'two words' }],
    ['  A = 1  \r\nB=\n', { A: '1', B: '' }],
    ['# A=1\n;B=2\n\nnonsense\n=3\n2C=4\n', {}],
    ['A=pass#word\nB=x # y', { A: 'pass#word', B: 'x # y' }],
    [`A="it's \\"so\\" $HOME"\nB='a "b" \\c'`, { A: 'it\'s "so" $HOME', B: 'a "b" \\c' }],
    ['A=a=b\nA=c', { A: 'c' }],
    ['A=one \\\ntwo\nB=back\\\\slash', { A: 'one two', B: 'back\\slash' }],
  ])('reads what systemd reads: %j', (text, variables) => {
    expect(parseEnvironmentFile(text)).toEqual(variables)
  })
})
