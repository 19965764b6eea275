import { CRONTAB_LINE_MAX } from '#domain/crontab-line.ts'
import { type SettingField, settingOf } from '#domain/monitor-settings.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { Check, Field, FormProblem, type FormState, SeenField, Select, TextArea } from '#views/components/field.tsx'
import { ZoneSelect } from '#views/components/zone-select.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { SchedulePreview, type SchedulePreviewProps } from '#views/partials/schedule-preview.tsx'

/** What most jobs need, as one would type it. */
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

export interface ChannelChoice {
  id: string
  name: string
  /** "E-mail to you@example.com" */
  about: string
}

interface MonitorFormProps {
  context: FrameContext
  projectId: string
  /** The monitor that is changed; null for a new one. */
  monitor: { uniqueKey: string; shownName: string } | null
  form: FormState
  problem: string | null
  channels: readonly ChannelChoice[]
  ticked: readonly string[]
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
        <Setting form={form} field="tags" />
        <Setting form={form} field="description" />
        <Advanced {...props} />
        <div class="actions">
          <button type="submit" class="button button-primary">
            {monitor ? 'Save the changes' : 'Create the monitor'}
          </button>
          <a class="button" href={back}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}

// htmx sends all fields of the fieldset, and nothing else of the form, when it asks for the preview.
function ScheduleFields({ form, projectId, monitor, preview }: MonitorFormProps) {
  const about = monitor ? `?monitor=${monitor.uniqueKey}` : ''
  return (
    <fieldset
      class="schedule"
      aria-label="When the job reports"
      hx-get={url(`/projects/${projectId}/schedule-preview${about}`)}
      hx-trigger="input delay:300ms, change"
      hx-sync="this:replace"
      hx-target="#schedule-preview"
      hx-swap="outerHTML"
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
        In plain words, as a <a href={url('/docs/schedules#cron-expressions')}>cron expression</a>
        {' like '}
        <code>0 3 * * 1-5</code>, or as an{' '}
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

const HELP: Partial<Record<SettingField, Child>> = {
  tags: 'Words with spaces between them. The list of monitors can be filtered by them.',
  description: 'What somebody needs to know when the alert wakes them.',
  graceMs:
    'How long CronGuard waits for a late ping. Empty: half the time between two pings, from a minute to an hour.',
  maxRunMs: 'How long a run may take that reported its start. Empty: as long as the grace period.',
  minRunMs: 'A run that reported its start and ends sooner has failed. Empty: no run is too short.',
  earlyMs:
    'How long before a time of the schedule a ping counts for it. Empty: a tenth of the interval, at most 15 ' +
    'minutes. 0: none.',
  failuresToAlert: 'Empty: the first failure alerts. A ping that does not come always alerts.',
  manualResume: 'While it is paused, pings are kept but do not wake it up.',
  postOnly: 'Pings by GET and HEAD are ignored, such as those of programs that look at links.',
  'filter.httpBody': 'Then its URL does not count any more.',
  'filter.failsByDefault': 'Otherwise it is ignored.',
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

function Channels({ channels, ticked, projectId }: MonitorFormProps) {
  return (
    <fieldset>
      <legend>Channels to use</legend>
      {channels.length === 0 && (
        <p class="banner">
          <span>
            The project has no channel yet, so nobody would be told.{' '}
            <a href={url(`/projects/${projectId}/channels/new`)}>Add a channel</a>
          </span>
        </p>
      )}
      {channels.map(({ id, name, about }) => (
        <>
          <input type="hidden" name="shownChannel" value={id} />
          <Check name="channel" value={id} label={<bdi>{name}</bdi>} help={about} isChecked={ticked.includes(id)} />
        </>
      ))}
    </fieldset>
  )
}

const KEYWORDS: readonly SettingField[] = [
  'filter.failureKeywords',
  'filter.successKeywords',
  'filter.startKeywords',
  'filter.failsByDefault',
]

const ADVANCED: readonly SettingField[] = ['slug', 'alias', ...KEYWORDS]

function Advanced({ form, monitor }: MonitorFormProps) {
  return (
    <details class="advanced" open={hasProblems(form, ADVANCED)}>
      <summary>Advanced</summary>
      <Setting
        form={form}
        field="slug"
        help={
          monitor
            ? 'The name in ping URLs with the project ping key. Jobs that ping another slug are no longer heard.'
            : 'The name in ping URLs with the project ping key. Empty: it is made from the name.'
        }
      />
      <Setting
        form={form}
        field="alias"
        help={
          <>
            The token by which a <a href={url('/docs/migrating')}>tool that CronGuard replaces</a> knew the job. Pings
            to its old URL then find this monitor.
          </>
        }
      />
      <Setting form={form} field="manualResume" />
      <Setting form={form} field="postOnly" />
      <fieldset class="keywords">
        <legend>Keywords that decide what a ping means</legend>
        <p class="help">Separate keywords with commas; upper and lower case count.</p>
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

/** assets/monitor.css shows it while the body of a ping decides, and a ping without any of the words does not fail. */
function FailIgnored() {
  return (
    <p class="banner fail-ignored">
      <span>
        A ping to <code>/fail</code>, or with an exit status, is ignored when its body has none of these keywords. Tick
        “{settingOf('filter.failsByDefault').label}” if the job reports failures by its URL.
      </span>
    </p>
  )
}
