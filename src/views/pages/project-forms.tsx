import type { OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Field, FormProblem, type FormState } from '#views/components/field.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

interface NewProjectProps {
  context: FrameContext
  form: FormState
  problem: string | null
}

export function NewProjectPage({ context, form, problem }: NewProjectProps) {
  return (
    <Frame context={context} title="New project" room={null} help="new project">
      <div class="page-head">
        <h1>New project</h1>
      </div>
      <section class="section narrow" aria-label="New project">
        <p class="soft">Each project has its own monitors, channels, keys and members.</p>
        <form method="post" action={url('/projects')} class="form">
          <FormProblem text={problem} />
          <Field form={form} name="name" label="Name" autocomplete="off" isRequired hasFocus />
          <button type="submit" class="button button-primary">
            Create project
          </button>
        </form>
      </section>
    </Frame>
  )
}

interface DeleteProjectProps {
  context: FrameContext
  project: OwnProject
  monitorCount: number
  memberCount: number
  form: FormState
}

export function DeleteProjectPage({ context, project, monitorCount, memberCount, form }: DeleteProjectProps) {
  const settings = url(`/projects/${project.id}/settings`)
  return (
    <Frame context={context} title="Delete project" room="project">
      <div class="page-head">
        <p class="crumbs">
          <a href={settings}>Project</a>
        </p>
        <h1>Delete project</h1>
      </div>
      <section class="section narrow" aria-label="What happens">
        <p>
          <b class="exact breakable" dir="auto">
            {project.name}
          </b>{' '}
          has {counted(monitorCount, 'monitor')} and {counted(memberCount, 'member')}. This deletes all of its monitors,
          pings, incidents, channels, keys and invitations. Its ping URLs stop working. This can't be undone.
        </p>
        <form method="post" action={url(`/projects/${project.id}/delete`)} class="form">
          <Field
            form={form}
            name="confirmation"
            label="Type the project name to confirm"
            autocomplete="off"
            isRequired
            hasFocus
          />
          <p class="actions">
            <button type="submit" class="button button-danger">
              Delete project
            </button>
            <a class="button" href={settings}>
              Cancel
            </a>
          </p>
        </form>
      </section>
    </Frame>
  )
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
