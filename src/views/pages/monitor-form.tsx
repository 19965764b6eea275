import { CRONTAB_LINE_MAX } from '#domain/crontab-line.ts'
import { DESCRIPTION_MAX, KEYWORDS_MAX, SLUG_MAX, TAGS_MAX } from '#domain/monitor.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { Check, Field, FormProblem, type FormState, SeenField, TextArea } from '#views/components/field.tsx'
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

/** What a form asks for as a number and a unit. */
export type LengthName = 'grace' | 'maxRun' | 'minRun' | 'early'

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
    <Frame context={context} title={title} room="monitors">
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
        <Field form={form} name="name" label="Name" isRequired hasFocus={monitor === null} />
        <ScheduleFields {...props} />
        <Channels {...props} />
        <Field
          form={form}
          name="tags"
          label="Tags"
          maxlength={TAGS_MAX}
          help="Words with spaces between them. The list of monitors can be filtered by them."
        />
        <TextArea
          form={form}
          name="description"
          label="Description"
          maxlength={DESCRIPTION_MAX}
          help="What somebody needs to know when the alert wakes them."
        />
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
        In plain words, as a <a href={url('/docs/schedules#cron')}>cron expression</a>
        {' like '}
        <code>0 3 * * 1-5</code>, or as an <a href={url('/docs/schedules#on-calendar')}>OnCalendar expression</a>
        {' like '}
        <code>Mon..Fri 18:30</code>.
      </p>
      <ZoneSelect form={form} name="timeZone" label="Time zone" now={preview.reading.now} />
      <Length form={form} what="grace" label="Grace" help={GRACE_HELP} />
      <details class="advanced" open={hasProblems(form, RUN_FIELDS)}>
        <summary>Runs and early pings</summary>
        <Length form={form} what="maxRun" label="Longest run" help={MAX_RUN_HELP} />
        <Length form={form} what="minRun" label="Shortest run" help={MIN_RUN_HELP} />
        <Length form={form} what="early" label="Early pings" help={EARLY_HELP} />
        <Field
          form={form}
          name="failuresToAlert"
          label="Failures in a row before an alert"
          maxlength={3}
          help="Empty: the first failure alerts. A ping that does not come always alerts."
        />
      </details>
      <div role="status">
        <SchedulePreview {...preview} />
      </div>
    </fieldset>
  )
}

const GRACE_HELP =
  'How long CronGuard waits for a late ping. Empty: half the time between two pings, from a minute to an hour.'
const MAX_RUN_HELP = 'How long a run may take that reported its start. Empty: as long as the grace.'
const MIN_RUN_HELP = 'A run that reported its start and ends sooner has failed. Empty: no run is too short.'
const EARLY_HELP =
  'How long before a time of the schedule a ping counts for it. Empty: a tenth of the interval, at most 15 minutes. ' +
  '0: none.'

const RUN_FIELDS = ['maxRunCount', 'minRunCount', 'earlyCount', 'failuresToAlert']

interface LengthProps {
  form: FormState
  what: LengthName
  label: string
  help: Child
}

function Length({ form, what, label, help }: LengthProps) {
  const [count, unit] = [`${what}Count`, `${what}Unit`]
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
          aria-describedby={hasProblem ? `${count}-problem ${what}-help` : `${what}-help`}
        />
        <select name={unit} aria-label={`Unit: ${label.toLowerCase()}`}>
          {LENGTH_UNITS.map(({ name }) => (
            <option value={name} selected={form.values[unit] === name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Problem form={form} name={count} />
      <p class="help" id={`${what}-help`}>
        {help}
      </p>
    </div>
  )
}

function hasProblems(form: FormState, fields: readonly string[]): boolean {
  return fields.some((name) => form.problems[name] !== undefined)
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

const ADVANCED = ['slug', 'alias', 'startKeywords', 'successKeywords', 'failureKeywords']

function Advanced({ form, monitor }: MonitorFormProps) {
  const isTicked = (name: string): boolean => form.values[name] !== undefined
  return (
    <details class="advanced" open={hasProblems(form, ADVANCED)}>
      <summary>Advanced</summary>
      <Field
        form={form}
        name="slug"
        label="Slug"
        maxlength={SLUG_MAX}
        help={
          monitor
            ? 'The name in ping URLs with the project ping key. Jobs that ping another slug are no longer heard.'
            : 'The name in ping URLs with the project ping key. Empty: it is made from the name.'
        }
      />
      <Field
        form={form}
        name="alias"
        label="Alias"
        maxlength={64}
        help={
          <>
            The token by which a <a href={url('/docs/other-tools')}>tool that CronGuard replaces</a> knew the job. Pings
            to its old URL then find this monitor.
          </>
        }
      />
      <Check
        name="manualResume"
        label="Only a person resumes it"
        help="While it is paused, pings are kept but do not wake it up."
        isChecked={isTicked('manualResume')}
      />
      <Check
        name="postOnly"
        label="Only POST counts"
        help="Pings by GET and HEAD are ignored, such as those of programs that look at links."
        isChecked={isTicked('postOnly')}
      />
      <fieldset class="keywords">
        <legend>Words that decide what a ping means</legend>
        <p class="help">Separate words with commas; upper and lower case count.</p>
        <Check
          name="httpBody"
          label="Look for them in the body of a ping"
          help="Then its URL does not count any more."
          isChecked={isTicked('httpBody')}
        />
        <FailIgnored />
        <Check
          name="filterSubject"
          label="Look for them in the subject of a mail"
          isChecked={isTicked('filterSubject')}
        />
        <Check name="filterBody" label="Look for them in the text of a mail" isChecked={isTicked('filterBody')} />
        <Field form={form} name="failureKeywords" label="Failure" maxlength={KEYWORDS_MAX} />
        <Field form={form} name="successKeywords" label="Success" maxlength={KEYWORDS_MAX} />
        <Field form={form} name="startKeywords" label="Start" maxlength={KEYWORDS_MAX} />
        <Check
          name="failsByDefault"
          label="A ping without any of them is a failure"
          help="Otherwise it is ignored."
          isChecked={isTicked('failsByDefault')}
        />
      </fieldset>
    </details>
  )
}

/** assets/monitor.css shows it while the body of a ping decides, and a ping without any of the words does not fail. */
function FailIgnored() {
  return (
    <p class="banner fail-ignored">
      <span>
        A ping to <code>/fail</code>, or with an exit status, is ignored when its body has none of these words. Tick “A
        ping without any of them is a failure” if the job reports failures by its URL.
      </span>
    </p>
  )
}
