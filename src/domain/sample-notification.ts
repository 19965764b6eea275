// An invented incident, for previews of messages.
import { HOUR, MINUTE } from '#lib/duration.ts'
import type { MonitorNotification } from './notification.ts'
import { DAILY } from './schedule.ts'

export const SAMPLE_OUTPUT = [
  'saving snapshot: 48,201 files, 12.4 GB',
  'Fatal: write /srv/cache/tmp-3918: no space left on device',
  'backup.sh: line 22: exited with status 1',
].join('\n')

export const SAMPLE_DESCRIPTION = 'Free space on /srv, then start the backup again: https://wiki.example.org/backup'

const RUN_MS = 15 * MINUTE + 37_000

interface SampleFacts {
  project: string
  monitor: { name: string; tags: string[]; description: string }
  now: number
}

/** The incident began six hours ago, and the monitor recovered just now. */
export function composeSample({ project, monitor, now }: SampleFacts): Record<'down' | 'up', MonitorNotification> {
  const downAt = now - 6 * HOUR
  const common = {
    isTest: false,
    monitor: {
      ...monitor,
      slug: '',
      uniqueKey: '0'.repeat(40),
      schedule: { ...DAILY, kind: 'cron' as const, expression: '0 3 * * *' },
      graceMs: HOUR,
      maxRunMs: null,
      minRunMs: null,
      pingCount: 412,
      failuresInARow: 1,
    },
    project,
    dueAt: null,
  }
  const runs = { missed: 0, failed: 1, isMore: false }
  const circumstances = {
    projectId: '',
    incidentId: '',
    output: null,
    lastSuccessAt: downAt - 24 * HOUR,
    usualMs: 12 * MINUTE,
    othersDown: { names: [], count: 0, isMore: false },
    acknowledgment: null,
  }
  const failed = { kind: 'fail' as const, at: downAt, exitStatus: 1, durationMs: RUN_MS }
  const succeeded = { kind: 'success' as const, at: now, exitStatus: null, durationMs: 11 * MINUTE }
  return {
    down: {
      ...common,
      status: 'down',
      at: downAt,
      reason: 'fail',
      lastPing: failed,
      downMs: null,
      circumstances: { ...circumstances, runs: null },
    },
    up: {
      ...common,
      status: 'up',
      at: now,
      reason: 'ping',
      lastPing: succeeded,
      downMs: now - downAt,
      circumstances: { ...circumstances, runs },
    },
  }
}
