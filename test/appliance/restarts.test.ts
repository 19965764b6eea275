// The documented crontab lines, while the service is killed, restarted or hangs.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually } from '../support/binary.ts'
import { crontabLine } from '../support/docs.ts'
import { Installed } from './installed.ts'

const ROUNDS = Number(process.env.APPLIANCE_ROUNDS ?? 2)
/** Per tool and round. */
const JOBS = 75
const TIMEOUT_MS = 60_000 + ROUNDS * 30_000
const CRON_TIMEOUT_MS = 90_000

const installed = (await Installed.open()) as Installed
afterAll(() => installed?.dispose())

/** One for each tool, because CronGuard keeps the newest 1,000 pings of each monitor. */
const monitors = { curl: { url: '', uuid: '' }, wget: { url: '', uuid: '' } }
beforeAll(async () => {
  if (installed) for (const tool of ['curl', 'wget'] as const) monitors[tool] = await installed.monitor(tool)
})

/** The command that cron runs, with a run id to find its ping again. */
function commandFor(tool: 'curl' | 'wget'): string {
  const command = crontabLine(monitors[tool].url, tool).replace('0 3 * * *  backup.sh; s=$?;', 's=0?rid=$RID;')
  if (!command.startsWith('s=0?')) throw new Error(`This is not a crontab line: ${command}`)
  return command
}

/** Starts jobs that ping, disturbs the service meanwhile, and waits for their end. */
async function reportDuring(trouble: string, jobs: number): Promise<{ output: string; runIds: string[] }> {
  const { appliance } = installed
  await appliance.write('/run/curl-line', commandFor('curl'))
  await appliance.write('/run/wget-line', commandFor('wget'))
  const script = `
    : >/run/output; : >/run/rids
    {
      for number in $(seq ${jobs}); do
        for tool in curl wget; do
          export RID=$(cat /proc/sys/kernel/random/uuid)
          echo $RID >>/run/rids
          sh /run/$tool-line >>/run/output 2>&1 &
        done
      done
      wait
    } &
    ${trouble}
    wait`
  await appliance.shell(script)
  const [output, rids] = [await appliance.shell('cat /run/output'), await appliance.shell('cat /run/rids')]
  return { output, runIds: rids.trim().split('\n') }
}

const restarts = async () => Number(await installed.appliance.property('cronguard', 'NRestarts'))

describe.skipIf(installed === null)('Crontab lines report every run, and print nothing,', () => {
  test.each([
    ['is killed', 'systemctl kill --signal=KILL cronguard', ROUNDS],
    ['is restarted', 'systemctl restart cronguard', 1],
  ])(
    `while the service %s with ${2 * JOBS} pings in flight`,
    async (_, trouble, rounds) => {
      const sent: string[] = []
      let output = ''
      for (let round = 0; round < rounds; round++) {
        const pauseSeconds = 0.1 + Math.random() * 0.6
        const done = await reportDuring(`sleep ${pauseSeconds.toFixed(2)}; ${trouble}`, JOBS)
        output += done.output
        sent.push(...done.runIds)
      }
      const recorded = await installed.runIds()
      const lost = sent.filter((id) => !recorded.has(id))
      console.log(`${lost.length} of ${sent.length} pings lost, ${output.split('\n').length - 1} lines printed`)
      expect({ lost, output }).toEqual({ lost: [], output: '' })
    },
    TIMEOUT_MS,
  )

  test(
    'when the service hangs until the watchdog ends it',
    async () => {
      const { appliance } = installed
      await appliance.write('/etc/systemd/system/cronguard.service.d/soon.conf', '[Service]\nWatchdogSec=3\n')
      await appliance.shell('systemctl daemon-reload; systemctl restart cronguard')
      const before = await restarts()
      const { output, runIds } = await reportDuring('systemctl kill --signal=STOP cronguard', 5)
      expect(await restarts()).toBeGreaterThan(before)
      const recorded = await installed.runIds()
      expect({ lost: runIds.filter((id) => !recorded.has(id)), output }).toEqual({ lost: [], output: '' })
    },
    TIMEOUT_MS,
  )

  test(
    'when cron runs them every minute',
    async () => {
      const { appliance } = installed
      const { url, uuid } = await installed.monitor('each minute')
      const line = crontabLine(url, 'curl').replace('0 3 * * *  backup.sh', '* * * * * root /bin/true')
      await appliance.write('/etc/cron.d/job', `${line}\n`)
      await eventually('cron', async () => (await installed.kinds(uuid)).length > 0, CRON_TIMEOUT_MS)
      expect(await installed.kinds(uuid)).toEqual(['success'])
      // Without a mail server, cron logs that it discards the output of a job.
      expect(await appliance.journal('cron')).toContain('(root) CMD (/bin/true; s=$?')
      expect(await appliance.journal('cron')).not.toContain('discarding output')
    },
    CRON_TIMEOUT_MS + 10_000,
  )
})
