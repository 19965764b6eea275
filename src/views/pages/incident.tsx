import { type IncidentSummary, NOTE_MAX } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { SNOOZE_LENGTHS, type Snooze } from '#domain/snooze.ts'
import type { ShownOutput, Story } from '#domain/story.ts'
import { url } from '#lib/base-path.ts'
import { FormProblem, type FormState, SeenField, TextArea } from '#views/components/field.tsx'
import { Icon } from '#views/components/icon.tsx'
import { AcknowledgedBy, IncidentMark, IncidentStory } from '#views/components/incident-story.tsx'
import { LastOutput } from '#views/components/last-output.tsx'
import { Linked } from '#views/components/linked.tsx'
import { Due, type Reading } from '#views/components/moment.tsx'
import { ActiveSnooze, SnoozeButton } from '#views/components/snooze.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** What is sent next, and what else happened on the host. */
interface SurroundingsView {
  next: readonly { what: 'reminder' | 'escalation'; at: number; channel: string }[]
  host: { name: string; incidents: readonly IncidentSummary[] } | null
}

interface IncidentPageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  story: Story
  output: ShownOutput | null
  /** The snooze of its monitor; null if there is none. */
  snooze: Snooze | null
  surroundings: SurroundingsView
  /** The form of the note. */
  form: FormState
  /** Set if someone else changed the note in the meantime. */
  problem: string | null
}

export function IncidentPage(props: IncidentPageProps) {
  const { context, project, story, form, problem } = props
  const mayOperate = may(project.role, 'operate')
  const name = shownName(story.monitor)
  return (
    <Frame context={context} title={`Incident: ${name}`} room="incidents">
      <IncidentNow {...props} />
      <section class="section">
        <h2>Note</h2>
        {mayOperate ? (
          <NoteForm incident={story.incident} form={form} problem={problem} />
        ) : (
          <NoteText note={story.incident.note} />
        )}
      </section>
    </Frame>
  )
}

type IncidentNowProps = Pick<IncidentPageProps, 'story' | 'output' | 'snooze' | 'surroundings' | 'reading' | 'project'>

/** The part of the page that updates by itself. It excludes the form of the note. */
export function IncidentNow({ story, output, snooze, surroundings, reading, project }: IncidentNowProps) {
  const { incident, monitor } = story
  const mayOperate = may(project.role, 'operate')
  return (
    <section
      id="incident"
      class="incident-page"
      aria-label="What happened"
      data-live-monitor={monitor.uniqueKey}
      hx-get={url(`/incidents/${incident.id}/story`)}
      hx-trigger="monitor-changed"
      hx-swap="outerMorph"
    >
      <div class={incident.closedAt === null ? 'band band-down' : 'band'}>
        <Head story={story} project={project} />
        <IncidentMark incident={incident} reading={reading} />
        <div class="incident-acknowledgment">
          <Acknowledgment story={story} reading={reading} mayOperate={mayOperate} />
          {snooze ? (
            <ActiveSnooze snooze={snooze} reading={reading} mayOperate={mayOperate} />
          ) : (
            mayOperate &&
            incident.closedAt === null && (
              <SnoozeButton action={url(`/incidents/${incident.id}/snooze`)} lengths={SNOOZE_LENGTHS} />
            )
          )}
        </div>
        <LastOutput
          output={output}
          monitorKey={monitor.uniqueKey}
          runbook={story.opening.notification?.monitor.description ?? ''}
        />
      </div>
      <section class="section">
        <h2>Why this alert?</h2>
        <IncidentStory story={story} reading={reading} mayOperate={mayOperate} />
        <NextSteps next={surroundings.next} reading={reading} />
      </section>
      <HostIncidents host={surroundings.host} reading={reading} />
    </section>
  )
}

function NextSteps({ next, reading }: Pick<SurroundingsView, 'next'> & { reading: Reading }) {
  if (next.length === 0) return null
  return (
    <ul class="incident-next" aria-label="If no one acknowledges it">
      {next.map(({ what, at, channel }) => (
        <li class="soft">
          If no one acknowledges it,{' '}
          {what === 'reminder' ? (
            'a reminder'
          ) : (
            <>
              a notification through <bdi>{channel}</bdi>
            </>
          )}{' '}
          is sent <Due at={at} reading={reading} />.
        </li>
      ))}
    </ul>
  )
}

function HostIncidents({ host, reading }: Pick<SurroundingsView, 'host'> & { reading: Reading }) {
  if (host === null) return null
  return (
    <section class="section">
      <h2>
        Also on <bdi>{host.name}</bdi>
      </h2>
      {host.incidents.length === 0 ? (
        <p class="soft">No other incident within an hour.</p>
      ) : (
        <ul class="rows">
          {host.incidents.map((incident) => (
            <li class="incident-related">
              <a href={url(`/incidents/${incident.id}`)}>
                <bdi>{shownName(incident.monitor)}</bdi>
              </a>
              <IncidentMark incident={incident} reading={reading} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

// An update leaves it alone, so that the way back leads to the list as it was left.
function Head({ story: { monitor }, project }: Pick<IncidentNowProps, 'story' | 'project'>) {
  return (
    <div class="page-head" hx-morph-skip>
      <p class="crumbs">
        <a href={url(`/projects/${project.id}/incidents`)}>Incidents</a>
      </p>
      <h1>
        Incident:{' '}
        <a href={url(`/monitors/${monitor.uniqueKey}`)}>
          <bdi>{shownName(monitor)}</bdi>
        </a>
      </h1>
    </div>
  )
}

interface AcknowledgmentProps extends Pick<IncidentNowProps, 'story' | 'reading'> {
  mayOperate: boolean
}

// Who acknowledged the incident, and the button that acknowledges it or undoes that.
function Acknowledgment({ story: { incident }, reading, mayOperate }: AcknowledgmentProps) {
  const { id, acknowledgment, closedAt } = incident
  if (acknowledgment !== null) {
    return (
      <>
        <AcknowledgedBy incident={incident} reading={reading} />
        {mayOperate && (
          <form method="post" action={url(`/incidents/${id}/acknowledgment/withdrawal`)}>
            <button type="submit" class="button">
              Remove acknowledgment
            </button>
          </form>
        )}
      </>
    )
  }
  if (closedAt !== null) return <span class="soft">Not acknowledged.</span>
  return (
    <>
      <span class="soft">Not acknowledged yet.</span>
      {mayOperate && (
        <form method="post" action={url(`/incidents/${id}/acknowledgment`)}>
          <button type="submit" class="button button-primary">
            <Icon name="check" /> Acknowledge
          </button>
        </form>
      )}
    </>
  )
}

interface NoteFormProps extends Pick<IncidentPageProps, 'form' | 'problem'> {
  incident: Story['incident']
}

function NoteForm({ incident, form, problem }: NoteFormProps) {
  return (
    <form method="post" action={url(`/incidents/${incident.id}/note`)} class="form">
      <FormProblem text={problem} />
      <SeenField form={form} />
      {problem !== null && (
        <figure class="incident-other-note">
          <figcaption>Current note</figcaption>
          <NoteText note={incident.note} />
        </figure>
      )}
      <TextArea
        form={form}
        name="note"
        label="What happened and how it was fixed"
        help="Visible to everyone in the project."
        maxlength={NOTE_MAX}
        rows={4}
        hasFocus={problem !== null}
      />
      <button type="submit" class="button">
        Save note
      </button>
    </form>
  )
}

function NoteText({ note }: { note: string }) {
  if (note === '') return <p class="soft">No note.</p>
  return (
    <p class="incident-note" dir="auto">
      <Linked text={note} />
    </p>
  )
}
