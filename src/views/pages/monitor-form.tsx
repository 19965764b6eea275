import { DESCRIPTION_MAX, KEYWORDS_MAX, SLUG_MAX, TAGS_MAX } from '#domain/monitor.ts'
import type { Child } from '#jsx/jsx-runtime'
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '#lib/duration.ts'
import { Check, Field, FormProblem, type FormState, SeenField, TextArea } from '#views/components/field.tsx'
import { Frame, type FrameVisit } from '#views/layouts/frame.tsx'
import { SchedulePreview, type SchedulePreviewProps } from '#views/partials/schedule-preview.tsx'

export const PERIOD_PRESETS = [
  { periodMs: MINUTE, label: '1 minute' },
  { periodMs: 5 * MINUTE, label: '5 minutes' },
  { periodMs: 15 * MINUTE, label: '15 minutes' },
  { periodMs: HOUR, label: 'Hour' },
  { periodMs: DAY, label: 'Day' },
  { periodMs: WEEK, label: 'Week' },
] as const
export const OTHER_PERIOD = 'other'

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
  visit: FrameVisit
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
  const { visit, projectId, monitor, form, problem } = props
  const back = monitor ? `/monitors/${monitor.uniqueKey}` : `/projects/${projectId}`
  const title = monitor ? `Edit ${monitor.shownName}` : 'New monitor'
  return (
    <Frame visit={visit} title={title} room="monitors">
      <div class="page-head">
        <p class="crumbs">
          <a href={`/projects/${projectId}`}>Monitors</a>
        </p>
        <h1 dir="auto">{title}</h1>
      </div>
      <form method="post" action={monitor ? back : `/projects/${projectId}/monitors`} class="form card monitor-form">
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
      hx-get={`/projects/${projectId}/schedule-preview${about}`}
      hx-trigger="input delay:300ms, change"
      hx-target="#schedule-preview"
      hx-swap="outerHTML"
    >
      <legend>The job reports every</legend>
      <div class="presets">
        {[...PERIOD_PRESETS.map(({ periodMs, label }) => [String(periodMs), label]), [OTHER_PERIOD, 'Other']].map(
          ([value, label]) => (
            <label class="preset">
              <input type="radio" name="period" value={value} checked={form.values.period === value} />
              <span>{label}</span>
            </label>
          ),
        )}
      </div>
      <Problem form={form} name="period" />
      <Length form={form} what="period" label="Period" />
      <Length form={form} what="grace" label="Grace" help={GRACE_HELP} />
      <div role="status">
        <SchedulePreview {...preview} />
      </div>
    </fieldset>
  )
}

const GRACE_HELP =
  'How long CronGuard waits for a late ping, and for the end of a run that reported its start. ' +
  'Empty: half the period, at least a minute.'

interface LengthProps {
  form: FormState
  what: 'period' | 'grace'
  label: string
  help?: Child
}

function Length({ form, what, label, help }: LengthProps) {
  const [count, unit] = [`${what}Count`, `${what}Unit`]
  const hasProblem = form.problems[count] !== undefined
  return (
    <div class={`field length length-${what}`}>
      <label for={count}>{label}</label>
      <div class="length-fields">
        <input
          id={count}
          name={count}
          value={form.values[count] ?? ''}
          inputmode="numeric"
          autocomplete="off"
          maxlength={9}
          aria-invalid={hasProblem ? 'true' : undefined}
          aria-describedby={hasProblem ? `${count}-problem` : undefined}
        />
        <select name={unit} aria-label={`Unit of the ${what}`}>
          {LENGTH_UNITS.map(({ name }) => (
            <option value={name} selected={form.values[unit] === name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Problem form={form} name={count} />
      {help && <p class="help">{help}</p>}
    </div>
  )
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
            <a href={`/projects/${projectId}/channels/new`}>Add a channel</a>
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

const ADVANCED = ['slug', 'startKeywords', 'successKeywords', 'failureKeywords']

function Advanced({ form, monitor }: MonitorFormProps) {
  const isTicked = (name: string): boolean => form.values[name] !== undefined
  const isOpen = ADVANCED.some((name) => form.problems[name] !== undefined)
  return (
    <details class="advanced" open={isOpen}>
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
        <legend>Words in the body of a ping</legend>
        <Check
          name="httpBody"
          label="Decide by these words what a ping means"
          help="Instead of by its URL. Separate words with commas; upper and lower case count."
          isChecked={isTicked('httpBody')}
        />
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
