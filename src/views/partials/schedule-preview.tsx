import type { CrontabLine } from '#domain/crontab-line.ts'
import { expectedAt } from '#domain/lifecycle.ts'
import type { MonitorRules, WatchedMonitor } from '#domain/monitor.ts'
import { earlyTolerance, nextDueAt, nextSlots, type Schedule, secondsMatter, zoneOfTimes } from '#domain/schedule.ts'
import { durationInWords, momentInWords } from '#lib/duration.ts'
import { momentInZone, shortMomentInZone, zoneLabel } from '#lib/zone.ts'
import type { Reading } from '#views/components/moment.tsx'
import { scheduleInWords } from '#words/schedule.ts'

/** The effect of a schedule, or the error in it. */
export type SchedulePreviewProps = { reading: Reading } & (
  | {
      problem: string
      /** Suggestions. */
      choices?: readonly string[]
    }
  | (Pick<MonitorRules, 'schedule' | 'graceMs' | 'earlyMs'> & {
      /** The monitor with this schedule, if it exists and waits for a ping or the end of a run. */
      watched: WatchedMonitor | null
      /** Why the schedule says more than the user typed, if it does. */
      because: string | null
      /** The crontab line that the schedule comes from. */
      crontabLine?: CrontabLine | null
    })
)

export function SchedulePreview(props: SchedulePreviewProps) {
  return (
    <div id="schedule-preview" class="schedule-preview">
      {'problem' in props ? <Problem {...props} /> : <ValidSchedule {...props} />}
    </div>
  )
}

function Problem({ problem, choices = [] }: { problem: string; choices?: readonly string[] }) {
  return (
    <>
      <p class="problem">{problem}</p>
      {choices.length > 0 && (
        <div class="presets">
          {choices.map((choice) => (
            <PutButton field="schedule" value={choice} label={choice} />
          ))}
        </div>
      )}
    </>
  )
}

function PutButton({ field, value, label }: { field: string; value: string; label: string }) {
  return (
    <button type="button" class="button button-small" data-put={field} value={value}>
      {label}
    </button>
  )
}

function FromCrontab({ schedule, user, name }: CrontabLine) {
  return (
    <>
      <p>
        This is a crontab line. CronGuard uses its schedule: <code>{schedule}</code>.
        {user !== null && (
          <>
            {' '}
            The job runs as <bdi>{user}</bdi>.
          </>
        )}
      </p>
      {name !== '' && (
        <div class="presets">
          <PutButton field="name" value={name} label={`Use “${name}” as the name`} />
        </div>
      )}
    </>
  )
}

type ValidPreview = Exclude<SchedulePreviewProps, { problem: string }>

function ValidSchedule(props: ValidPreview) {
  const { schedule, graceMs, watched, because, crontabLine, reading } = props
  const isPast = watched?.deadlineAt != null && watched.deadlineAt <= reading.now
  return (
    <>
      {crontabLine && <FromCrontab {...crontabLine} />}
      <p>
        Expected <b>{scheduleInWords(schedule)}</b>
        {because && `, ${because}`}, with a grace period of {durationInWords(graceMs)}. <Tolerance {...props} />
        {watched === null ? <NextPingAfterNow {...props} /> : <CurrentExpectation {...props} watched={watched} />}
        {isPast && <strong> That time has passed, so the monitor goes down when you save.</strong>}
      </p>
      <NextTimes schedule={schedule} reading={reading} />
    </>
  )
}

function Tolerance({ schedule, earlyMs, reading }: ValidPreview) {
  const toleranceMs = earlyTolerance(schedule, { earlyMs, after: reading.now })
  if (toleranceMs === 0) return null
  return <>Pings may arrive up to {durationInWords(toleranceMs)} early. </>
}

function NextPingAfterNow(props: ValidPreview) {
  const { schedule, earlyMs, reading } = props
  const dueAt = nextDueAt(schedule, { pingAt: reading.now, earlyMs })
  if (dueAt === null) return <strong>If the job pings now, no more pings are expected.</strong>
  return (
    <>
      If the job pings now, the next ping is expected on <At {...props} at={dueAt} />
      {". If it doesn't arrive, an alert is sent on "}
      <At {...props} at={dueAt + props.graceMs} />.
    </>
  )
}

function CurrentExpectation(props: ValidPreview & { watched: NonNullable<ValidPreview['watched']> }) {
  const { deadlineAt, openRuns } = props.watched
  const dueAt = expectedAt(props.watched)
  const [run] = openRuns
  const isRunFirst = deadlineAt !== null && (dueAt === null || deadlineAt < dueAt + props.graceMs)
  return (
    <>
      {dueAt !== null && (
        <>
          The next ping is expected on <At {...props} at={dueAt} />
          {'. '}
        </>
      )}
      {isRunFirst && run && (
        <>
          A run started on <At {...props} at={run.startedAt} />.{' '}
        </>
      )}
      {deadlineAt !== null && (
        <>
          If it doesn't {isRunFirst ? 'finish' : 'arrive'}, an alert is sent on <At {...props} at={deadlineAt} />.
        </>
      )}
    </>
  )
}

function At({ at, schedule, graceMs, reading }: ValidPreview & { at: number }) {
  const isExact = secondsMatter({ schedule, graceMs }, reading.now)
  return (
    <time datetime={new Date(at).toISOString()} title={momentInWords(at)}>
      {isExact ? momentInZone(at, reading.zone) : shortMomentInZone(at, reading)}
    </time>
  )
}

const TIMES_SHOWN = 5

// A period has no fixed times, because it counts from each ping.
function NextTimes({ schedule, reading }: { schedule: Schedule; reading: Reading }) {
  const slots = schedule.kind === 'period' ? [] : nextSlots(schedule, { after: reading.now, count: TIMES_SHOWN })
  if (slots.length === 0) return null
  const zone = zoneOfTimes(schedule)
  const isUtc = zone === 'UTC'
  return (
    <table class="next-times">
      <caption>{slots.length === 1 ? 'Last scheduled time' : `Next ${slots.length} times`}</caption>
      <thead>
        <tr>
          {!isUtc && <th scope="col">{zoneLabel(zone)}</th>}
          <th scope="col">UTC</th>
        </tr>
      </thead>
      <tbody>
        {slots.map((at) => (
          <tr>
            {!isUtc && <td>{momentInZone(at, zone)}</td>}
            <td>{momentInZone(at, 'UTC')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
