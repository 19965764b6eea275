// Variables that are not settings: typos, and the variables that Kubernetes and Docker set for a service named
// "cronguard".
import { describe, expect, test } from 'bun:test'
import { type ConfigError, readConfig } from '#config.ts'
import { Binary } from './support/binary.ts'

/** Set by Kubernetes for the services "cronguard" and "cronguard-smtp", and by Docker for a link. */
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

describe('An unknown CRONGUARD_ variable', () => {
  test('is an error, because it may be a typo', () => {
    for (const name of ['CRONGUARD_PORTT', 'CRONGUARD_', 'CRONGUARD_PORT_FILE', 'CRONGUARD_port', 'CRONGUARD_FILE']) {
      expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a CronGuard setting`])
    }
  })

  test('that Kubernetes or Docker set is ignored', () => {
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
  ])('that only looks like one of Kubernetes or Docker is an error: %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([`${name} is not a CronGuard setting`])
  })

  test.each(['tcp:8000', 'http://10.43.0.7:8000', 'tcp://10.43.0.7'])(
    'is not assumed for CRONGUARD_PORT=%s, which is an error',
    (port) => {
      expect(problemsOf({ CRONGUARD_PORT: port })).toEqual(['CRONGUARD_PORT must be a whole number'])
    },
  )
})

test('A server with variables of Kubernetes starts, and logs once which ones it ignores', async () => {
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
