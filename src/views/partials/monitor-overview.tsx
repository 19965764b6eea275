import { expectedAt } from '#domain/lifecycle.ts'
import type { Monitor } from '#domain/monitor.ts'
import { nextSlot, secondsMatter } from '#domain/schedule.ts'
import { SNOOZE_LENGTHS, type Snooze } from '#domain/snooze.ts'
import { shownStatus } from '#domain/status.ts'
import type { ShownOutput } from '#domain/story.ts'
import { url } from '#lib/base-path.ts'
import { lengthInWords } from '#lib/duration.ts'
import { Copyable } from '#views/components/copyable.tsx'
import { Icon } from '#views/components/icon.tsx'
import { LastOutput } from '#views/components/last-output.tsx'
import { Ago, Due, Moment, type Reading } from '#views/components/moment.tsx'
import { RunStrip } from '#views/components/run-strip.tsx'
import { ActiveSnooze, SnoozeButton } from '#views/components/snooze.tsx'
import { RunningMark, StatusMark } from '#views/components/status.tsx'

export interface MonitorOverviewProps {
  monitor: Monitor
  /** When its stored status began. */
  changedAt: number
  mayOperate: boolean
  pingUrl: string
  /** The output that the last alert was about; null if the monitor isn't down. */
  output: ShownOutput | null
  /** Null if it isn't snoozed. */
  snooze: Snooze | null
  /** Null if it is not in maintenance. */
  maintenanceUntil: number | null
  reading: Reading
}

/** The current state of the monitor. Updates when the monitor changes. */
export function MonitorOverview(props: MonitorOverviewProps) {
  const { monitor, mayOperate, reading } = props
  const status = shownStatus(monitor, reading.now)
  return (
    <section
      id="overview"
      class={`overview overview-${status}`}
      aria-label="Status"
      data-live-monitor={monitor.uniqueKey}
      hx-get={url(`/monitors/${monitor.uniqueKey}/overview`)}
      hx-trigger="monitor-changed"
      hx-swap="outerMorph"
    >
      <div class="overview-head">
        <p class="overview-status">
          <StatusMark status={status} />
          <span class="soft">
            since <Moment at={shownSince(props)} reading={reading} isExact={secondsMatter(monitor, reading.now)} />
          </span>
          {monitor.openRuns.length > 0 && <RunningMark />}
        </p>
        {monitor.recentRuns !== '' && <RunStrip runs={monitor.recentRuns} />}
      </div>
      {monitor.status === 'down' && (
        <LastOutput output={props.output} monitorKey={monitor.uniqueKey} runbook={monitor.description} />
      )}
      {isNew(monitor) && <FirstPing {...props} />}
      {(!isNew(monitor) || monitor.deadlineAt !== null) && <Facts {...props} />}
      {props.maintenanceUntil !== null && (
        <p>
          <Icon name="clock" /> In maintenance until <Moment at={props.maintenanceUntil} reading={reading} />
        </p>
      )}
      {props.snooze && <ActiveSnooze snooze={props.snooze} reading={reading} mayOperate={mayOperate} />}
      {mayOperate && <Buttons monitor={monitor} snooze={props.snooze} />}
    </section>
  )
}

/** Whether the monitor has no ping yet. */
export function isNew({ pingCount }: Pick<Monitor, 'pingCount'>): boolean {
  return pingCount === 0
}

function Facts({ monitor, reading }: MonitorOverviewProps) {
  return (
    <dl class="overview-facts">
      <Expectation monitor={monitor} reading={reading} />
      <div>
        <dt>Last ping</dt>
        <dd>{monitor.lastPingAt === null ? noneYet(monitor) : <Ago at={monitor.lastPingAt} reading={reading} />}</dd>
      </div>
      <div>
        <dt>Last duration</dt>
        <dd>{monitor.lastDurationMs === null ? 'not measured' : lengthInWords(monitor.lastDurationMs)}</dd>
      </div>
      <div>
        <dt>Total pings</dt>
        <dd>{monitor.pingCount.toLocaleString('en')}</dd>
      </div>
    </dl>
  )
}

// There are pings, but no result: only starts and logs, or pings from before the monitor was resumed.
function noneYet({ recentRuns }: Monitor): string {
  const hadResult = /[sf]/.test(recentRuns)
  return hadResult ? 'no success or failure since it was resumed' : 'no success or failure yet'
}

// While a run is open its end is expected; otherwise the next ping is.
function Expectation({ monitor, reading }: Pick<MonitorOverviewProps, 'monitor' | 'reading'>) {
  const { deadlineAt, openRuns } = monitor
  const dueAt = expectedAt(monitor)
  const [oldest] = openRuns
  return (
    <>
      <div>
        <dt>Next ping</dt>
        <dd>{dueAt === null ? waitingWords(monitor, reading.now) : <Due at={dueAt} reading={reading} />}</dd>
      </div>
      {oldest && (
        <div>
          <dt>Run started</dt>
          <dd>
            <Ago at={oldest.startedAt} reading={reading} />
            {openRuns.length > 1 && ` (${openRuns.length} runs in progress)`}
          </dd>
        </div>
      )}
      {deadlineAt !== null && (
        <div>
          <dt>Alert at</dt>
          <dd>
            <Moment at={deadlineAt} reading={reading} isExact={secondsMatter(monitor, reading.now)} />
          </dd>
        </div>
      )}
    </>
  )
}

// A schedule that names only dates ends. After that no ping is expected, and no alert is sent.
function waitingWords(monitor: Monitor, now: number): string {
  const { status, schedule, slotAt, openRuns } = monitor
  const isWaiting = status === 'new' || (status === 'up' && slotAt === null && openRuns.length === 0)
  return isWaiting && nextSlot(schedule, now) === null ? 'none: the schedule has ended' : WAITING[status]
}

const WAITING: Record<Monitor['status'], string> = {
  new: 'not scheduled yet',
  up: 'not scheduled yet',
  down: 'overdue',
  paused: 'not expected',
}

function FirstPing({ mayOperate, pingUrl, monitor }: MonitorOverviewProps) {
  if (monitor.status === 'paused') return <p>Paused. No ping yet.</p>
  if (!mayOperate) return <p>Waiting for the first ping. {untilThen(monitor)}</p>
  return (
    <ol class="steps">
      <li>
        <h2>Copy this line</h2>
        <Copyable id="first-ping" text={curlLine(pingUrl)} what="the line" />
      </li>
      <li>
        <h2>Run it where the job runs</h2>
        <p class="soft">This page turns green as soon as the ping arrives.</p>
      </li>
      <li>
        <h2>Add the ping to the job</h2>
        <p class="soft">
          Use one of the snippets below, such as cron, systemd or Docker. They also report failures.{' '}
          {untilThen(monitor)}
        </p>
      </li>
    </ol>
  )
}

/** A line for the terminal, which shows the response. */
export function curlLine(pingUrl: string): string {
  return `curl -fsS -m 10 '${pingUrl}'`
}

function untilThen({ deadlineAt }: Monitor): string {
  return deadlineAt === null
    ? 'No alerts are sent until the first ping.'
    : 'The monitor was resumed. It goes down if no ping arrives in time.'
}

function Buttons({ monitor: { uniqueKey, status }, snooze }: Pick<MonitorOverviewProps, 'monitor' | 'snooze'>) {
  const isPaused = status === 'paused'
  return (
    <div class="actions">
      <form method={status === 'down' ? 'get' : 'post'} action={url(`/monitors/${uniqueKey}/ping`)}>
        <button type="submit" class="button" id="ping-now">
          <Icon name="send" /> Report success manually
        </button>
      </form>
      <form method="post" action={url(`/monitors/${uniqueKey}/${isPaused ? 'resume' : 'pause'}`)}>
        <button type="submit" class="button" id="pause">
          <Icon name={isPaused ? 'play' : 'pause'} /> {isPaused ? 'Resume' : 'Pause'}
        </button>
      </form>
      {snooze === null && !isPaused && (
        <SnoozeButton
          action={url(`/monitors/${uniqueKey}/snooze`)}
          lengths={SNOOZE_LENGTHS.filter((length) => length !== 'recovery' || status === 'down')}
        />
      )}
    </div>
  )
}

// The shown status can be ahead of the stored one: late begins at the due time, down at the deadline.
function shownSince({ monitor, changedAt, reading }: MonitorOverviewProps): number {
  const status = shownStatus(monitor, reading.now)
  if (status === 'late' && monitor.dueAt !== null) return monitor.dueAt
  if (status === 'down' && monitor.deadlineAt !== null) return monitor.deadlineAt
  return changedAt
}
