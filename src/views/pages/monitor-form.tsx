import { CRONTAB_LINE_MAX } from '#domain/crontab-line.ts'
import { type SettingField, settingOf } from '#domain/monitor-settings.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { Check, Field, FormProblem, type FormState, SeenField, Select, TextArea } from '#views/components/field.tsx'
import { Icon } from '#views/components/icon.tsx'
import { ZoneSelect } from '#views/components/zone-select.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { SchedulePreview, type SchedulePreviewProps } from '#views/partials/schedule-preview.tsx'

/** Common schedules. */
const PRESETS = [
  'every minute',
  'every 5 minutes',
  'every 15 minutes',
  'every hour',
  'every day',
  'every week',
  'daily at 3am',
  'weekdays at 18:30',
] as const

/** Shortest first. */
export const LENGTH_UNITS = [
  { name: 'seconds', ms: SECOND },
  { name: 'minutes', ms: MINUTE },
  { name: 'hours', ms: HOUR },
  { name: 'days', ms: DAY },
  { name: 'weeks', ms: WEEK },
] as const

/** A channel that the monitor uses, or whose scope covers it. */
export interface ChannelUse {
  id: string
  name: string
  /** "all monitors, including new ones" */
  why: string
  isUsed: boolean
  /** Why it sends nothing; null when it does. */
  unusableReason: string | null
}

interface MonitorFormProps {
  context: FrameContext
  projectId: string
  /** The monitor to edit; null for a new one. */
  monitor: { uniqueKey: string; shownName: string } | null
  form: FormState
  problem: string | null
  channels: readonly ChannelUse[]
  preview: SchedulePreviewProps
}

export function MonitorFormPage(props: MonitorFormProps) {
  const { context, projectId, monitor, form, problem } = props
  const back = url(monitor ? `/monitors/${monitor.uniqueKey}` : `/projects/${projectId}`)
  const title = monitor ? `Edit ${monitor.shownName}` : 'New monitor'
  return (
    <Frame context={context} title={title} room="monitors" help="new monitor">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${projectId}`)}>Monitors</a>
        </p>
        <h1>{monitor ? ['Edit ', <bdi>{monitor.shownName}</bdi>] : title}</h1>
      </div>
      <form
        method="post"
        action={monitor ? back : url(`/projects/${projectId}/monitors`)}
        class="form section monitor-form"
      >
        <FormProblem text={problem} />
        <SeenField form={form} />
        <Setting form={form} field="name" isRequired hasFocus={monitor === null} />
        <ScheduleFields {...props} />
        <Channels {...props} />
        <AlertSettings form={form} />
        <Setting form={form} field="tags" />
        <Setting form={form} field="description" />
        <Advanced {...props} />
        <div class="actions">
          <button type="submit" class="button button-primary">
            {monitor ? 'Save changes' : 'Create monitor'}
          </button>
          <a class="button" href={back}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}

// To get the preview, htmx sends the fields of the fieldset and no others. A click on a suggestion makes the field send
// it again, so the preview is morphed: its buttons stay under the pointer.
function ScheduleFields({ form, projectId, monitor, preview }: MonitorFormProps) {
  const about = monitor ? `?monitor=${monitor.uniqueKey}` : ''
  return (
    <fieldset
      class="schedule"
      aria-label="Schedule and grace period"
      hx-get={url(`/projects/${projectId}/schedule-preview${about}`)}
      hx-trigger="input delay:300ms, change"
      hx-sync="this:replace"
      hx-target="#schedule-preview"
      hx-swap="outerMorph"
    >
      <TextArea form={form} name="schedule" label="Schedule" rows={1} maxlength={CRONTAB_LINE_MAX} isRequired />
      <div class="presets">
        {PRESETS.map((text) => (
          <button type="button" class="button button-small" data-put="schedule" value={text}>
            {text}
          </button>
        ))}
      </div>
      <p class="help">
        Plain words, a <a href={url('/docs/schedules#cron-expressions')}>cron expression</a>
        {' like '}
        <code>0 3 * * 1-5</code>, or an{' '}
        <a href={url('/docs/schedules#oncalendar-expressions')}>OnCalendar expression</a>
        {' like '}
        <code>Mon..Fri 18:30</code>.
      </p>
      <ZoneSelect form={form} name="timeZone" label="Time zone" now={preview.reading.now} />
      <Setting form={form} field="graceMs" />
      <details class="advanced" open={hasProblems(form, RUN_SETTINGS)}>
        <summary>Runs and early pings</summary>
        {RUN_SETTINGS.map((field) => (
          <Setting form={form} field={field} />
        ))}
      </details>
      <div role="status">
        <SchedulePreview {...preview} />
      </div>
    </fieldset>
  )
}

const RUN_SETTINGS: readonly SettingField[] = ['maxRunMs', 'minRunMs', 'earlyMs', 'failuresToAlert']

const ALERT_SETTINGS: readonly SettingField[] = ['remindMs', 'remindLess', 'isUrgent', 'maxPings', 'dependsOn']

const HELP: Partial<Record<SettingField, Child>> = {
  tags: 'Separate tags with spaces. Use them to filter the monitor list.',
  description: 'Runbook: what to know when this alert wakes you.',
  graceMs: 'How long to wait for a late ping. Leave empty to use half the interval, from 1 minute to 1 hour.',
  maxRunMs: 'How long a run may take, from its start ping to its end ping. Leave empty to use the grace period.',
  minRunMs: 'A run that finishes sooner counts as failed. Leave empty for no minimum.',
  earlyMs:
    'How early a ping may arrive and still count as on time. Leave empty to use a tenth of the interval, ' +
    'up to 15 minutes. Enter 0 for no tolerance.',
  failuresToAlert: 'Leave empty to alert on the first failure. A missing ping always alerts.',
  remindMs: 'How often the channels are notified again until someone acknowledges the incident or the job recovers.',
  remindLess: 'Doubles the time between reminders each time, up to a day.',
  isUrgent: 'Notifications are sent during the quiet hours of channels, too.',
  maxPings: 'With more, channels that notify of “Too often” are notified. Leave empty for any number.',
  dependsOn: 'The name or slug of another monitor, such as that of the host. While it is down, notifications are held.',
  manualResume: "Pings are recorded while the monitor is paused, but they don't resume it.",
  postOnly: 'Ignores GET and HEAD requests, such as those from link previews.',
  'filter.httpBody': 'Keywords decide the result instead of the ping URL.',
  'filter.failsByDefault': 'If not selected, these pings are ignored.',
}

interface SettingProps {
  form: FormState
  field: SettingField
  help?: Child
  isRequired?: boolean
  hasFocus?: boolean
}

/** The field of a setting, as its kind needs it. */
function Setting({ form, field, help = HELP[field], ...focus }: SettingProps) {
  const { kind, input: name, label } = settingOf(field)
  const common = { form, name, label, help, ...focus }
  switch (kind.is) {
    case 'text':
      return kind.hasLines ? <TextArea {...common} maxlength={kind.max} /> : <Field {...common} maxlength={kind.max} />
    case 'flag':
      return <Check name={name} label={label} help={help} isChecked={form.values[name] !== undefined} />
    case 'duration':
      return <Length form={form} name={name} label={label} help={help} />
    case 'count':
      return <Field {...common} maxlength={String(kind.max).length} />
    case 'choice': {
      const none = kind.isOptional ? [{ value: '', label: 'None' }] : []
      return <Select {...common} options={[...none, ...kind.values.map((value) => ({ value, label: value }))]} />
    }
    case 'zone':
      return <Field {...common} />
  }
}

interface LengthProps {
  form: FormState
  name: string
  label: string
  help: Child
}

/** A number and its unit. */
function Length({ form, name, label, help }: LengthProps) {
  const [count, unit] = [`${name}Count`, `${name}Unit`]
  const hasProblem = form.problems[count] !== undefined
  return (
    <div class="field">
      <label for={count}>
        {label}
        <span class="optional"> optional</span>
      </label>
      <div class="length-fields">
        <input
          id={count}
          name={count}
          value={form.values[count] ?? ''}
          inputmode="numeric"
          autocomplete="off"
          maxlength={9}
          aria-invalid={hasProblem ? 'true' : undefined}
          aria-describedby={hasProblem ? `${count}-problem ${name}-help` : `${name}-help`}
        />
        <select name={unit} aria-label={`Unit: ${label.toLowerCase()}`}>
          {LENGTH_UNITS.map((one) => (
            <option value={one.name} selected={(form.values[unit] ?? 'minutes') === one.name}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      <Problem form={form} name={count} />
      <p class="help" id={`${name}-help`}>
        {help}
      </p>
    </div>
  )
}

function hasProblems(form: FormState, fields: readonly SettingField[]): boolean {
  const names = fields.map((field) => settingOf(field).input)
  return names.some((name) => form.problems[name] !== undefined || form.problems[`${name}Count`] !== undefined)
}

function Problem({ form, name }: { form: FormState; name: string }) {
  const problem = form.problems[name]
  if (problem === undefined) return null
  return (
    <p class="problem" id={`${name}-problem`}>
      {problem}
    </p>
  )
}

// Monitors are chosen on the page of each channel.
function Channels({ channels, projectId, monitor }: MonitorFormProps) {
  const isNotified = channels.some(({ isUsed, unusableReason }) => isUsed && unusableReason === null)
  return (
    <section aria-labelledby="channels-title" class="channel-uses">
      <h2 id="channels-title">Channels</h2>
      {!isNotified && (
        <p class="banner">
          <Icon name="alert" />
          <span>
            {monitor ? 'No one gets notified about this monitor.' : 'No channel covers new monitors.'}{' '}
            <a href={url(`/projects/${projectId}/channels`)}>Choose monitors on a channel's page</a>
          </span>
        </p>
      )}
      {channels.length > 0 && (
        <ul>
          {channels.map(({ id, name, why, unusableReason }) => (
            <li>
              <a href={url(`/channels/${id}#monitors`)}>
                <bdi>{name}</bdi>
              </a>
              : {why}
              {unusableReason !== null && ` (${unusableReason})`}
            </li>
          ))}
        </ul>
      )}
      {isNotified && <p class="help">To change who gets notified, edit a channel.</p>}
    </section>
  )
}

const KEYWORDS: readonly SettingField[] = [
  'filter.failureKeywords',
  'filter.successKeywords',
  'filter.startKeywords',
  'filter.failsByDefault',
]

const ADVANCED: readonly SettingField[] = ['slug', 'alias', ...KEYWORDS]

function AlertSettings({ form }: Pick<MonitorFormProps, 'form'>) {
  return (
    <details class="advanced" open={hasProblems(form, ALERT_SETTINGS)}>
      <summary>Reminders, urgency and dependencies</summary>
      {ALERT_SETTINGS.map((field) => (
        <Setting form={form} field={field} />
      ))}
    </details>
  )
}

function Advanced({ form, monitor }: MonitorFormProps) {
  return (
    <details class="advanced" open={hasProblems(form, ADVANCED)}>
      <summary>Advanced</summary>
      <Setting
        form={form}
        field="slug"
        help={
          monitor
            ? 'Used in ping URLs with the project ping key. If you change it, update the job.'
            : 'Used in ping URLs with the project ping key. Leave empty to derive it from the name.'
        }
      />
      <Setting
        form={form}
        field="alias"
        help={
          <>
            The job's token from the <a href={url('/docs/migrating')}>tool you are migrating from</a>. Pings to the old
            URL will reach this monitor.
          </>
        }
      />
      <Setting form={form} field="manualResume" />
      <Setting form={form} field="postOnly" />
      <fieldset class="keywords">
        <legend>Keywords</legend>
        <p class="help">
          Keywords decide whether a ping is a success, a failure or a start. Separate them with commas. They are
          case-sensitive.
        </p>
        <Setting form={form} field="filter.httpBody" />
        <FailIgnored />
        <Setting form={form} field="filter.subject" />
        <Setting form={form} field="filter.body" />
        {KEYWORDS.map((field) => (
          <Setting form={form} field={field} />
        ))}
      </fieldset>
    </details>
  )
}

/** Shown by CSS while the body decides, and pings without keywords don't count as failures. */
function FailIgnored() {
  return (
    <p class="banner fail-ignored">
      <span>
        A ping to <code>/fail</code>, or with an exit status, is ignored if its body has none of these keywords. Select
        “{settingOf('filter.failsByDefault').label}” if the job reports failures by URL.
      </span>
    </p>
  )
}
