import type { Monitor } from '#domain/monitor.ts'
import { nextDueAt, type Schedule, scheduleInWords } from '#domain/schedule.ts'
import { durationInWords, HOUR, momentInWords } from '#lib/duration.ts'
import { momentInZone, shortMomentInZone } from '#lib/zone.ts'
import type { Reading } from '#views/components/moment.tsx'

/** What a schedule would come to; or what is wrong with it. */
export type SchedulePreviewProps = { reading: Reading } & (
  | { problem: string }
  | {
      schedule: Schedule
      graceMs: number
      /** The monitor with this schedule, when it is there already and waits for a ping or for the end of a run. */
      watched: Pick<Monitor, 'dueAt' | 'deadlineAt' | 'lastPingAt' | 'openRun'> | null
    }
)

export function SchedulePreview(props: SchedulePreviewProps) {
  return (
    <p id="schedule-preview" class="schedule-preview">
      {'problem' in props ? <span class="problem">{props.problem}</span> : <Sentences {...props} />}
    </p>
  )
}

type Sound = Exclude<SchedulePreviewProps, { problem: string }>

function Sentences(props: Sound) {
  const { schedule, graceMs, watched, reading } = props
  const rhythm = `Expected ${scheduleInWords(schedule)}, with ${durationInWords(graceMs)} of grace. `
  const isPast = watched?.deadlineAt != null && watched.deadlineAt <= reading.now
  return (
    <>
      {rhythm}
      {watched === null ? <IfItReportsNow {...props} /> : <AsItStands {...props} watched={watched} />}
      {isPast && <strong> That has passed: with this schedule it goes down at once.</strong>}
    </>
  )
}

function IfItReportsNow(props: Sound) {
  const dueAt = nextDueAt(props.schedule, props.reading.now)
  return (
    <>
      If the job reports now, the next ping is expected on <At {...props} at={dueAt} />
      {'. Without it, an alert goes out on '}
      <At {...props} at={dueAt + props.graceMs} />.
    </>
  )
}

function AsItStands(props: Sound & { watched: NonNullable<Sound['watched']> }) {
  const { dueAt, deadlineAt, openRun } = props.watched
  const isRunFirst = deadlineAt !== null && (dueAt === null || deadlineAt < dueAt + props.graceMs)
  return (
    <>
      {dueAt !== null && (
        <>
          The next ping is expected on <At {...props} at={dueAt} />
          {isRunFirst ? '. ' : '; '}
        </>
      )}
      {isRunFirst && openRun && (
        <>
          A run started <At {...props} at={openRun.startedAt} />;{' '}
        </>
      )}
      {deadlineAt !== null && (
        <>
          without {isRunFirst ? 'its end' : 'it'}, an alert goes out on <At {...props} at={deadlineAt} />.
        </>
      )}
    </>
  )
}

// Seconds matter where the whole rhythm is shorter than an hour.
function At({ at, schedule, graceMs, reading }: Sound & { at: number }) {
  const isFast = Math.min(schedule.periodMs, graceMs) < HOUR
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)}>
      {isFast ? momentInZone(at, reading.zone) : shortMomentInZone(at, reading)}
    </time>
  )
}
