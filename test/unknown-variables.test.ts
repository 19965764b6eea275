// Names in the environment that are no settings: slips, and what Kubernetes and Docker put there for a service that is
// called "cronguard".
import { describe, expect, test } from 'bun:test'
import { type ConfigError, readConfig } from '#config.ts'
import { Binary } from './support/binary.ts'

/** As Kubernetes does for the services "cronguard" and "cronguard-smtp", and Docker for a link. */
const LINKS = {
  CRONGUARD_SERVICE_HOST: '10.43.0.7',
  CRONGUARD_SERVICE_PORT: '8000',
  CRONGUARD_SERVICE_PORT_HTTP: '8000',
  CRONGUARD_PORT: 'tcp://10.43.0.7:8000',
  CRONGUARD_PORT_8000_TCP: 'tcp://10.43.0.7:8000',
  CRONGUARD_PORT_8000_TCP_ADDR: '10.43.0.7',
  CRONGUARD_PORT_8000_TCP_PORT: '8000',
  CRONGUARD_PORT_8000_TCP_PROTO: 'tcp',
  CRONGUARD_PORT_53_UDP: 'udp://10.43.0.7:53',
  CRONGUARD_PORT_53_UDP_ADDR: 'fd00::7',
  CRONGUARD_PORT_53_UDP_PORT: '53',
  CRONGUARD_PORT_53_UDP_PROTO: 'udp',
  CRONGUARD_SMTP_SERVICE_HOST: '10.43.0.8',
  CRONGUARD_SMTP_SERVICE_PORT: '25',
  CRONGUARD_SMTP_PORT: 'tcp://10.43.0.8:25',
  CRONGUARD_SMTP_PORT_25_TCP: 'tcp://10.43.0.8:25',
  CRONGUARD_NAME: '/runner/cronguard',
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

describe('A variable that is no setting', () => {
  test('a name that CronGuard does not know is a problem, for it may be a slip', () => {
    for (const name of ['CRONGUARD_PORTT', 'CRONGUARD_', 'CRONGUARD_PORT_FILE', 'CRONGUARD_port', 'CRONGUARD_FILE']) {
      expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a CronGuard setting`])
    }
  })

  test('and that Kubernetes or Docker made is ignored', () => {
    const config = readConfig({ ...LINKS, CRONGUARD_DATA_DIR: '/srv/watch' })
    expect([config.port, config.smtp, config.dataDir]).toEqual([8000, null, '/srv/watch'])
    expect([...config.ignoredVariables]).toEqual(Object.keys(LINKS).toSorted())
  })

  test.each([
    ['CRONGUARD_SMTP_HOTS', 'x'],
    ['CRONGUARD_PORTS', '8000'],
    ['CRONGUARD_SERVICE_HOSTS', '10.43.0.7'],
    ['CRONGUARD_SERVICE_PORT', 'http'],
    ['CRONGUARD_PORT_8000_TCP', 'yes'],
    ['CRONGUARD_PORT_8000', 'tcp://10.43.0.7:8000'],
    ['CRONGUARD_NAME', 'cronguard'],
  ])('and only looks like that is a problem: %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name} is not a CronGuard setting`])
  })

  test.each(['tcp:8000', 'http://10.43.0.7:8000', 'tcp://10.43.0.7'])('does not make %s a port', (port) => {
    expect(problemsOf({ CRONGUARD_PORT: port })).toEqual(['CRONGUARD_PORT must be a whole number'])
  })
})

test('A server in a container beside such links starts, and says once what it ignores', async () => {
  const cronguard = await Binary.prepare()
  const { CRONGUARD_PORT: _own, ...links } = LINKS
  for (const [name, value] of Object.entries(links)) process.env[name] = value
  try {
    await cronguard.start()
    const lines = (await Bun.file(cronguard.logPath).text())
      .split('\n')
      .filter((line) => line.includes('Ignored variables'))
    expect(lines).toEqual([expect.stringContaining('CRONGUARD_PORT_53_UDP, ')])
  } finally {
    for (const name of Object.keys(links)) delete process.env[name]
    await cronguard.dispose()
  }
}, 30_000)
