import { NOTE_MAX } from '#domain/incident.ts'
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
import type { Reading } from '#views/components/moment.tsx'
import { ActiveSnooze, SnoozeButton } from '#views/components/snooze.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

interface IncidentPageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  story: Story
  output: ShownOutput | null
  /** The snooze of its monitor; null if there is none. */
  snooze: Snooze | null
  /** The form of the note. */
  form: FormState
  /** Set if someone else changed the note in the meantime. */
  problem: string | null
}

export function IncidentPage(props: IncidentPageProps) {
  const { context, project, reading, story, output, snooze, form, problem } = props
  const mayOperate = may(project.role, 'operate')
  const name = shownName(story.monitor)
  return (
    <Frame context={context} title={`Incident: ${name}`} room="incidents">
      <IncidentNow story={story} output={output} snooze={snooze} reading={reading} project={project} />
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

type IncidentNowProps = Pick<IncidentPageProps, 'story' | 'output' | 'snooze' | 'reading' | 'project'>

/** The part of the page that updates by itself. It excludes the form of the note. */
export function IncidentNow({ story, output, snooze, reading, project }: IncidentNowProps) {
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
      </section>
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
