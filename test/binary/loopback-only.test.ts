// A machine without a network: only the loopback interface is up.
import { afterEach, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Binary, EXECUTABLE, execute } from '../support/binary.ts'

const NAMESPACE = ['unshare', '--net', 'sh', '-c']
const isSkipped = spawnSync('unshare', ['--net', 'sh', '-c', 'ip link set lo up && command -v curl']).status !== 0

const WARNING = /Failed to resolve IPv[46]/

/** Starts the server, pings /fail, stops after the mail failed, and sends a test by command. */
const SCRIPT = `ip link set lo up
"$0" serve 2>"$1" & server=$!
curl -sS --retry 50 --retry-connrefused --retry-delay 1 -o /dev/null "$2/fail"
for try in $(seq 200); do grep -q 'Notification failed' "$1" && break; sleep 0.1; done
kill $server
wait $server
"$0" channel test you@example.org mail`

const SETTINGS = {
  CRONGUARD_SMTP_HOST: 'localhost',
  CRONGUARD_SMTP_PORT: '9',
  CRONGUARD_SMTP_SECURITY: 'none',
  CRONGUARD_SMTP_FROM: 'cronguard@example.org',
  CRONGUARD_LOG_LEVEL: 'debug',
}

let cronguard: Binary

afterEach(() => cronguard?.dispose())

test.skipIf(isSkipped)(
  `Mail with only loopback up: the library warns in the log only${isSkipped ? ' (skipped: no namespace)' : ''}`,
  async () => {
    cronguard = await Binary.prepare(SETTINGS)
    await cronguard.start()
    await cronguard.run(['user', 'create', 'you@example.org', '--password-stdin'], { input: 'correct horse battery\n' })
    const key = (await cronguard.run(['key', 'create', 'you@example.org'])).stdout.trim()
    const mail = { kind: 'email', name: 'mail', settings: { address: 'you@example.org' } }
    await cronguard.api('/channels/', { key, body: mail })
    const { ping_url: url } = await cronguard.api('/checks/', { key, body: { name: 'backup', channels: '*' } })
    await cronguard.end('SIGTERM')

    const place = { CRONGUARD_DATA_DIR: join(cronguard.folder, 'data'), CRONGUARD_PORT: String(cronguard.port) }
    const env = { ...SETTINGS, ...place }
    const { stderr } = await execute([...NAMESPACE, SCRIPT, EXECUTABLE, cronguard.logPath, url], { env })
    const lines = (await Bun.file(cronguard.logPath).text()).split('\n').filter((line) => WARNING.test(line))
    // The library warns for the first message only, unless several are sent together.
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatch(/^\[.* DEBUG: /)
    expect(stderr).toContain('Could not send the test')
    expect(stderr).not.toMatch(WARNING)
  },
  60_000,
)
