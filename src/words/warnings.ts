// What an administrator is warned of, on every page, in the log and by `cronguard doctor`.
import type { AlertCause, Problem } from '#domain/warnings.ts'
import { durationInWords } from '#lib/duration.ts'
import { sizeInWords } from '#lib/size.ts'

export interface Warning {
  kind: AlertCause | 'silent'
  /** Whole sentences. */
  text: string
  /** The channels that it is about, or the first of them. */
  channels?: { id: string; name: string }[]
  /** The project whose channels it is about. */
  projectId?: string
}

/** For everyone in a project: some monitors reach no one. */
export function silentWarning({ count, projectId }: { count: number; projectId: string }): Warning {
  const text =
    count === 1
      ? '1 monitor has no working channel. No one gets notified when it goes down.'
      : `${count.toLocaleString('en')} monitors have no working channel. No one gets notified when they go down.`
  return { kind: 'silent', text, projectId }
}

/** The disk refuses writes. */
export function storageWarning({ isFull, isReadOnly }: { isFull: boolean; isReadOnly: boolean }): Warning {
  const reason = isFull
    ? 'The disk with the data folder is full.'
    : isReadOnly
      ? 'The disk with the data folder is read-only.'
      : "CronGuard can't write to its database. See the log for the reason."
  const advice = isFull ? ' Free some space. CronGuard then continues without a restart.' : ''
  return {
    kind: 'storage',
    text: `${reason} Pings are answered with status 503, and no notifications are sent.${advice}`,
  }
}

export function warningOf(problem: Problem): Warning {
  const { kind } = problem
  const text = problemInWords(problem)
  return kind === 'channels' ? { kind, text, channels: problem.channels } : { kind, text }
}

function problemInWords(problem: Problem): string {
  switch (problem.kind) {
    case 'checker': {
      const lag = durationInWords(problem.lagMs)
      return `Deadline checks are late: the oldest unchecked deadline passed ${lag} ago. See the log for details.`
    }
    case 'outbox':
      return outboxInWords(problem)
    case 'channels':
      return channelsInWords(problem)
    case 'disk': {
      const { freeBytes, totalBytes, isReserve } = problem
      const room = `${sizeInWords(freeBytes)} of ${sizeInWords(totalBytes)} free`
      const bodies = isReserve ? ' Bodies of pings are no longer stored.' : ''
      return (
        `The disk with the data folder is almost full: ${room}.${bodies} ` +
        "Once it is full, CronGuard can't record pings."
      )
    }
    case 'backup':
      return backupInWords(problem)
  }
}

function outboxInWords({ waiting, waitedMs, silentMs }: Extract<Problem, { kind: 'outbox' }>): string {
  const waited = durationInWords(waitedMs)
  const messages =
    waiting === 1
      ? `1 notification has been pending for ${waited}`
      : `${waiting.toLocaleString('en')} notifications are pending, the oldest for ${waited}`
  return `${messages}. None was sent in the last ${durationInWords(silentMs)}. See the log for details.`
}

function channelsInWords({ count, lastedMs }: Extract<Problem, { kind: 'channels' }>): string {
  const lasted = durationInWords(lastedMs)
  if (count === 1) return `A channel has been failing for ${lasted}. Fix it, or disable it.`
  return `${count} channels are failing, one of them for ${lasted}. Fix them, or disable them.`
}

function backupInWords({ ageMs }: Extract<Problem, { kind: 'backup' }>): string {
  if (ageMs === null) return 'No backup yet. See the log for the reason.'
  if (ageMs === 'ahead') {
    return "All backups are dated in the future. Check this machine's clock: it is behind now, or was ahead before."
  }
  return `The last backup is ${durationInWords(ageMs)} old. See the log for the reason.`
}
