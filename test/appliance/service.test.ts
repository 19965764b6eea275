// The installed service, with systemd of two Debian releases.
import { afterAll, describe, expect, test } from 'bun:test'
import type { Suite } from '../support/appliance.ts'
import { Installed } from './installed.ts'

const SUITES: Suite[] = ['bookworm', 'trixie']
const SECRET = '/etc/credstore/cronguard.smtp-password'
const EXECUTABLE = '/usr/local/bin/cronguard'
/** Reports an older version, and otherwise runs the new executable. */
const OLD = `#!/bin/sh\n[ "$1" != version ] || exec echo 0.0.9\nexec /source/dist/cronguard "$@"\n`

const TIMEOUT_MS = 60_000

for (const suite of SUITES) {
  const installed = (await Installed.open(suite)) as Installed
  describe.skipIf(installed === null)(`Service on Debian ${suite}`, () => {
    afterAll(() => installed?.dispose())

    const state = () => installed.appliance.property('cronguard', 'ActiveState')
    const commands = () => installed.appliance.shell('sudo -u cronguard cronguard user list')

    test('is active, and its journal has no error', async () => {
      expect(await state()).toBe('active')
      expect(await installed.appliance.journal('cronguard')).not.toMatch(/credential|fail|error|denied|refused/i)
      expect(await installed.appliance.property('cronguard', 'WatchdogUSec')).toBe('20s')
    })

    test.each([
      ['CRONGUARD_PORT=80', 'Ports below 1024 need a privilege that the systemd unit does not grant'],
      ['CRONGUARD_DATA_DIR=/srv/cronguard', 'add ReadWritePaths=/srv/cronguard under [Service]'],
    ])(
      'says what to do when its unit forbids %s',
      async (setting, advice) => {
        const { appliance } = installed
        await appliance.shell('install -d -o cronguard /srv/cronguard; cp -p /etc/cronguard/cronguard.env /run/saved')
        await appliance.shell(
          `echo ${setting} >>/etc/cronguard/cronguard.env; ! systemctl restart cronguard 2>/dev/null`,
        )
        expect(await appliance.journal('cronguard')).toContain(advice)
        await appliance.shell('cp -p /run/saved /etc/cronguard/cronguard.env; systemctl restart cronguard')
        expect(await state()).toBe('active')
      },
      TIMEOUT_MS,
    )

    test(
      'reads a password from the credstore, and commands work without it',
      async () => {
        const { appliance } = installed
        await appliance.write(SECRET, 'tiger\n')
        await appliance.write(
          '/run/more',
          '\nCRONGUARD_SMTP_HOST=mail.example.com\nCRONGUARD_SMTP_USERNAME=cronguard\n',
        )
        await appliance.shell('cp -p /etc/cronguard/cronguard.env /run/saved')
        await appliance.shell('cat /run/more >>/etc/cronguard/cronguard.env; systemctl restart cronguard')
        expect(await state()).toBe('active')
        const directory = '/run/credentials/cronguard.service'
        expect(await appliance.shell(`cat ${directory}/smtp-password`)).toBe('tiger\n')
        expect(await appliance.journal('cronguard')).not.toContain('tiger')
        expect(await commands()).toContain('alice@example.org')
        const reset = 'sudo -u cronguard cronguard user reset-password alice@example.org'
        expect(await appliance.shell(reset)).not.toBe('')
        const shown = await appliance.shell('sudo -u cronguard cronguard config show')
        expect(shown).toMatch(/CRONGUARD_SMTP_PASSWORD .*service credential/)
        await appliance.shell(
          `cp -p /run/saved /etc/cronguard/cronguard.env; rm ${SECRET}; systemctl restart cronguard`,
        )
      },
      TIMEOUT_MS,
    )

    test(
      'is upgraded, removed and purged',
      async () => {
        const { appliance } = installed
        await appliance.write('/run/old', OLD)
        await appliance.shell(`rm ${EXECUTABLE}; install -m 755 /run/old ${EXECUTABLE}`)
        const upgraded = await appliance.install()
        expect(upgraded).toContain('Upgrade CronGuard 0.0.9 to ')
        expect(upgraded).not.toContain('first account')
        expect(await state()).toBe('active')
        expect(await commands()).toContain('alice@example.org')
        expect(await appliance.shell('ls /var/lib/cronguard/backups')).toMatch(/\.db\n/)

        await appliance.write(SECRET, 'tiger\n')
        expect(await appliance.install('--uninstall')).toContain(`${SECRET} was kept because it holds a secret`)
        expect(await state()).toBe('inactive')
        expect(await appliance.install('--purge', '--yes')).toContain(`${SECRET} was kept because it holds a secret`)
        await appliance.shell('! test -e /var/lib/cronguard; ! test -e /etc/cronguard; ! id cronguard 2>/dev/null')
      },
      TIMEOUT_MS,
    )
  })
}
