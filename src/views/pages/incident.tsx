import { NOTE_MAX } from '#domain/incident.ts'
import { shownName } from '#domain/monitor.ts'
import { may, type OwnProject } from '#domain/project.ts'
import type { Story } from '#domain/story.ts'
import { url } from '#lib/base-path.ts'
import { FormProblem, type FormState, SeenField, TextArea } from '#views/components/field.tsx'
import { Icon } from '#views/components/icon.tsx'
import { AcknowledgedBy, IncidentMark, IncidentStory } from '#views/components/incident-story.tsx'
import { Linked } from '#views/components/linked.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

interface IncidentPageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  story: Story
  /** The note as it stands in the form. */
  form: FormState
  /** Somebody else has changed the note since. */
  problem: string | null
}

export function IncidentPage({ context, project, reading, story, form, problem }: IncidentPageProps) {
  const mayOperate = may(project.role, 'operate')
  const name = shownName(story.monitor)
  return (
    <Frame context={context} title={`Incident of ${name}`} room="incidents">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/incidents`)}>Incidents</a>
        </p>
        <h1>
          Incident of{' '}
          <a href={url(`/monitors/${story.monitor.uniqueKey}`)}>
            <bdi>{name}</bdi>
          </a>
        </h1>
      </div>
      <IncidentNow story={story} reading={reading} mayOperate={mayOperate} />
      <section class="card">
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

interface IncidentNowProps {
  story: Story
  reading: Reading
  mayOperate: boolean
}

/** All of the page that changes by itself; a note that somebody is typing is not in it. */
export function IncidentNow({ story, reading, mayOperate }: IncidentNowProps) {
  const { incident, monitor } = story
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
      <div class="card incident-hand-card">
        <IncidentMark incident={incident} reading={reading} />
        <Hand story={story} reading={reading} mayOperate={mayOperate} />
      </div>
      <section class="card">
        <h2>Why was I told?</h2>
        <IncidentStory story={story} reading={reading} mayOperate={mayOperate} />
      </section>
    </section>
  )
}

// Who has it in hand, and the button that takes it or gives it back.
function Hand({ story: { incident }, reading, mayOperate }: IncidentNowProps) {
  const { id, acknowledgement, closedAt } = incident
  if (acknowledgement !== null) {
    return (
      <>
        <AcknowledgedBy incident={incident} reading={reading} />
        {mayOperate && (
          <form method="post" action={url(`/incidents/${id}/acknowledgement/withdrawal`)}>
            <button type="submit" class="button button-small">
              Undo the acknowledgement
            </button>
          </form>
        )}
      </>
    )
  }
  if (closedAt !== null) return <span class="soft">Nobody acknowledged it.</span>
  return (
    <>
      <span class="soft">Nobody has acknowledged it yet.</span>
      {mayOperate && (
        <form method="post" action={url(`/incidents/${id}/acknowledgement`)}>
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
          <figcaption>The note as it is now</figcaption>
          <NoteText note={incident.note} />
        </figure>
      )}
      <TextArea
        form={form}
        name="note"
        label="What happened, and what was done"
        help="Everybody in the project can read it."
        maxlength={NOTE_MAX}
        rows={4}
        hasFocus={problem !== null}
      />
      <button type="submit" class="button">
        Save the note
      </button>
    </form>
  )
}

function NoteText({ note }: { note: string }) {
  if (note === '') return <p class="soft">Nobody wrote anything.</p>
  return (
    <p class="incident-note" dir="auto">
      <Linked text={note} />
    </p>
  )
}
