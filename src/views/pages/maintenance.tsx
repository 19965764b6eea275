import type { MaintenanceWindow, Span } from '#domain/maintenance.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { durationInWords } from '#lib/duration.ts'
import { clockInZone, dayInZone } from '#lib/zone.ts'
import { Field, FormProblem, type FormState, Select } from '#views/components/field.tsx'
import { Icon } from '#views/components/icon.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { scheduleInWords } from '#words/schedule.ts'

interface Day extends Span {
  spans: (Span & { window: MaintenanceWindow })[]
}

interface MaintenancePageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  windows: readonly MaintenanceWindow[]
  /** From today on. */
  days: readonly Day[]
  monitors: readonly { id: number; name: string }[]
  tags: readonly string[]
  form: FormState
  problem: string | null
}

export function MaintenancePage(props: MaintenancePageProps) {
  const { context, project, windows } = props
  return (
    <Frame context={context} title="Maintenance" room="incidents">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/incidents`)}>Incidents</a>
        </p>
        <h1>Maintenance</h1>
      </div>
      <p class="lead">
        During maintenance, missing pings and failures notify no one. Deadlines are put off to its end plus the grace
        period, and what is still down then is reported.
      </p>
      {windows.length === 0 ? <NoWindows /> : <Windows {...props} />}
      {windows.length > 0 && <Calendar {...props} />}
      {may(project.role, 'operate') && <PlanForm {...props} />}
    </Frame>
  )
}

function NoWindows() {
  return (
    <div class="empty">
      <h2>No maintenance planned</h2>
      <p>
        Plan the times in which machines are updated or rebooted, so that no one is woken for nothing. A machine can
        also begin its own: <a href={url('/docs/alerts#maintenance')}>with a line of curl</a>.
      </p>
    </div>
  )
}

function Windows({ project, windows, monitors, reading }: MaintenancePageProps) {
  return (
    <ul class="rows maintenance-rows">
      {windows.map((window) => (
        <li>
          <div>
            <strong>
              <bdi>{window.name || 'Maintenance'}</bdi>
            </strong>{' '}
            <span class="soft">
              <Scope window={window} monitors={monitors} />
              {window.by !== null && (
                <>
                  , by <bdi>{window.by}</bdi>
                </>
              )}
              {window.from !== null && `, from ${window.from}`}
            </span>
            <p>
              <Times window={window} reading={reading} />
            </p>
          </div>
          {may(project.role, 'operate') && (
            <form method="post" action={url(`/maintenance/${window.id}/end`)}>
              <button type="submit" class="button button-small">
                {isOn(window, reading.now) ? 'End now' : 'Cancel'}
                <span class="visually-hidden"> {window.name}</span>
              </button>
            </form>
          )}
        </li>
      ))}
    </ul>
  )
}

function isOn({ times }: MaintenanceWindow, now: number): boolean {
  return times.is === 'once' && times.startsAt <= now
}

function Scope({
  window: { scope },
  monitors,
}: { window: MaintenanceWindow } & Pick<MaintenancePageProps, 'monitors'>) {
  if (scope.is === 'project') return <>all monitors</>
  if (scope.is === 'monitor') return <bdi>{monitors.find(({ id }) => id === scope.monitorId)?.name ?? ''}</bdi>
  return (
    <>
      tag <bdi class="tag">{scope.tag}</bdi>
    </>
  )
}

function Times({ window: { times }, reading }: { window: MaintenanceWindow; reading: Reading }) {
  if (times.is === 'recurring') {
    return (
      <>
        {scheduleInWords(times.schedule)}, for {durationInWords(times.durationMs)}
      </>
    )
  }
  return (
    <>
      <Moment at={times.startsAt} reading={reading} /> to <Moment at={times.endsAt} reading={reading} />
    </>
  )
}

/** The next four weeks. */
function Calendar({ days, reading }: MaintenancePageProps) {
  return (
    <section class="section" aria-labelledby="calendar-title">
      <h2 id="calendar-title">Next four weeks</h2>
      <ol class="maintenance-calendar">
        {days.map((day, index) => (
          <li class={day.spans.length > 0 ? 'maintenance-day maintenance-day-on' : 'maintenance-day'}>
            <span class="maintenance-date">{index === 0 ? 'Today' : shortDay(day.from, reading.zone)}</span>
            {day.spans.map(({ from, to, window }) => (
              <span class="maintenance-span">
                {from < day.from ? '00:00' : clockInZone(from, reading.zone)} –{' '}
                {to > day.to ? '24:00' : clockInZone(to, reading.zone)} <bdi>{window.name}</bdi>
              </span>
            ))}
          </li>
        ))}
      </ol>
    </section>
  )
}

/** "24 Nov" */
function shortDay(at: number, zone: string): string {
  return dayInZone(at, zone).replace(/ \d{4}$/, '')
}

function PlanForm({ project, monitors, tags, form, problem, reading }: MaintenancePageProps) {
  const isRecurring = form.values.kind === 'recurring'
  return (
    <section class="section">
      <h2>Plan maintenance</h2>
      <form method="post" action={url(`/projects/${project.id}/maintenance`)} class="form maintenance-form">
        <FormProblem text={problem} />
        <Select
          form={form}
          name="monitors"
          label="Monitors"
          options={[
            { value: 'all', label: 'All monitors' },
            ...tags.map((tag) => ({ value: `tag:${tag}`, label: `Tag ${tag}` })),
            ...monitors.map(({ id, name }) => ({ value: `monitor:${id}`, label: name })),
          ]}
        />
        <Field form={form} name="name" label="Name" help="What people see, such as “Kernel updates”." maxlength={100} />
        <fieldset>
          <legend>When</legend>
          <label class="check">
            <input type="radio" name="kind" value="once" checked={!isRecurring} /> <span>Once</span>
          </label>
          <div class="maintenance-once">
            <Field
              form={form}
              name="starts"
              label="Begins"
              type="datetime-local"
              help={`In ${reading.zone}. Leave empty to begin now.`}
            />
          </div>
          <label class="check">
            <input type="radio" name="kind" value="recurring" checked={isRecurring} /> <span>Recurring</span>
          </label>
          <div class="maintenance-recurring">
            <Field
              form={form}
              name="schedule"
              label="Schedule"
              help={`Such as “every Sunday at 3am” or “0 3 * * 0”, in ${reading.zone}.`}
            />
          </div>
        </fieldset>
        <Field form={form} name="length" label="Duration" help="Such as “45 minutes” or “2h 30m”." isRequired />
        <button type="submit" class="button button-primary">
          <Icon name="clock" /> Plan maintenance
        </button>
      </form>
    </section>
  )
}
