// The snippet for systemd in a unit of a real systemd: only a successful run may be reported as a success.
import { afterAll, describe, expect, test } from 'bun:test'
import { DAILY } from '#domain/schedule.ts'
import { snippetsFor } from '#views/snippets.ts'
import type { Appliance } from '../support/appliance.ts'
import { eventually } from '../support/binary.ts'
import { Installed } from './installed.ts'

const installed = await Installed.open()
afterAll(() => installed?.dispose())

interface Run {
  job?: string
  /** Additional lines of [Service]. */
  lines?: string[]
  isStopped?: boolean
  /** The kinds of the pings that CronGuard gets. */
  expected: string[]
}

const LONG_JOB = `/bin/sh -c 'touch /run/job-runs; exec sleep 60'`

const RUNS: [name: string, run: Run][] = [
  ['exits with 0', { expected: ['start', 'success'] }],
  ['exits with 3', { job: `/bin/sh -c 'exit 3'`, expected: ['start', 'fail'] }],
  ['fails in ExecStartPre=', { lines: ['ExecStartPre=/bin/false'], expected: ['start', 'fail'] }],
  ['fails in ExecStartPost=', { lines: ['ExecStartPost=/bin/false'], expected: ['start', 'fail'] }],
  ['is skipped by ExecCondition=', { lines: ['ExecCondition=/bin/false'], expected: [] }],
  ['has a broken ExecCondition=', { lines: [`ExecCondition=/bin/sh -c 'exit 255'`], expected: ['fail'] }],
  [
    'exits with a status in SuccessExitStatus=',
    {
      job: `/bin/sh -c 'exit 24'`,
      lines: ['SuccessExitStatus=24'],
      expected: ['start', 'success'],
    },
  ],
  [
    'exits with 0 after TimeoutStartSec=',
    {
      job: `/bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'`,
      lines: ['TimeoutStartSec=1'],
      expected: ['start', 'fail'],
    },
  ],
  ['is killed', { job: `/bin/sh -c 'kill -KILL $$$$'`, expected: ['start', 'fail'] }],
  ['has no executable', { job: '/nonexistent', expected: ['start', 'fail'] }],
  [
    'runs longer than RuntimeMaxSec=',
    { job: '/bin/sleep 60', lines: ['Type=exec', 'RuntimeMaxSec=1'], expected: ['start', 'fail'] },
  ],
  ['is stopped', { job: LONG_JOB, isStopped: true, expected: ['start', 'fail'] }],
  [
    'is stopped, which systemd counts as a success',
    { job: LONG_JOB, lines: ['Type=exec'], isStopped: true, expected: ['start', 'fail'] },
  ],
]

describe.skipIf(installed === null)('Snippet: systemd, in a unit whose job', () => {
  test.each(RUNS)('%s', async (name, { job = '/bin/true', lines = [], isStopped, expected }) => {
    const { appliance } = installed as Installed
    const { url, uuid } = await (installed as Installed).monitor(name)
    await appliance.write('/etc/systemd/system/job.service', unitFor(url, job, lines))
    await appliance.shell('systemctl daemon-reload; systemctl reset-failed job 2>/dev/null || true')
    if (isStopped) await startAndStop(appliance)
    else await appliance.run(['systemctl', 'start', 'job'])
    await eventually('the end of the job', async () => /dead|failed/.test(await appliance.property('job', 'SubState')))
    expect(await (installed as Installed).kinds(uuid)).toEqual(expected)
  })
})

async function startAndStop(appliance: Appliance): Promise<void> {
  await appliance.shell('rm -f /run/job-runs; systemctl start --no-block job')
  await eventually('the job to run', async () => (await appliance.run(['test', '-e', '/run/job-runs'])).exitCode === 0)
  await appliance.shell('systemctl stop job')
}

function unitFor(pingUrl: string, job: string, lines: string[]): string {
  const code = snippetsFor({ pingUrl, name: 'backup', schedule: DAILY }).find(({ id }) => id === 'systemd')?.code ?? ''
  return code.replace('/path/to/job', () => job).replace(/(ExecStart=.*\n)/, (line) => `${line}${lines.join('\n')}\n`)
}
