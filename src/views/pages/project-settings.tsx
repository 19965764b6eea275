import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Field, FormProblem, TextArea } from '#views/components/field.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { Confirm, formOf, type Returned, Section, Sections } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { BadgesSection, type ShownBadge } from './project-badges.tsx'
import { ApiKeysSection, KeyChoices, type Keys, PingKeySection } from './project-keys.tsx'
import { InvitationsSection, type Membership, MembersSection, type OpenInvitation } from './project-members.tsx'

export type ProjectForm = 'name' | 'hidden-words' | 'api-keys' | 'invitations' | 'members'

export interface ProjectSettingsProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  membership: Membership
  /** Null for viewers. */
  badges: ShownBadge[] | null
  /** What only administrators of the project see; null for others. */
  administration: Administration | null
  returned: Returned<ProjectForm> | null
}

export interface Administration extends Keys {
  hiddenWords: readonly string[]
  invitations: OpenInvitation[]
  hasMailServer: boolean
}

/** The project's name, members and keys, as far as the role allows. */
export function ProjectSettingsPage(props: ProjectSettingsProps) {
  const { context, project, reading, membership, badges, administration, returned } = props
  const title = administration === null ? 'Members' : 'Project'
  return (
    <Frame context={context} title={title} room="project">
      <div class="page-head">
        <h1 dir="auto">{project.name}</h1>
      </div>
      <FormProblem text={returned?.problem ?? null} />
      <Sections entries={entriesFor(project)}>
        {administration && <NameSection project={project} returned={returned} />}
        <MembersSection project={project} membership={membership} reading={reading} />
        {administration && (
          <>
            <InvitationsSection project={project} {...administration} reading={reading} returned={returned} />
            <PingKeySection project={project} baseUrl={administration.baseUrl} />
            <ApiKeysSection project={project} keys={administration} reading={reading} returned={returned} />
            <HiddenWordsSection project={project} words={administration.hiddenWords} returned={returned} />
          </>
        )}
        {badges && <BadgesSection badges={badges} />}
        <LeaveSection project={project} membership={membership} />
        {may(project.role, 'own') && <DeleteSection project={project} />}
      </Sections>
    </Frame>
  )
}

function entriesFor({ role }: OwnProject): [string, string][] {
  const administered: [string, string][] = [
    ['invitations', 'Invitations'],
    ['ping-key', 'Project ping key'],
    ['api-keys', 'API keys'],
    ['hidden-words', 'Words to hide'],
  ]
  return [
    ...(may(role, 'administer') ? [['rename', 'Name'] as [string, string]] : []),
    ['members', 'Members'],
    ...(may(role, 'administer') ? administered : []),
    ...(may(role, 'operate') ? [['badges', 'Badges'] as [string, string]] : []),
    ['leave', 'Leave project'],
    ...(may(role, 'own') ? [['delete', 'Delete project'] as [string, string]] : []),
  ]
}

function NameSection({ project, returned }: { project: OwnProject; returned: Returned | null }) {
  const form = formOf(returned, 'name', { name: project.name })
  return (
    <Section id="rename" title="Name">
      <form method="post" action={url(`/projects/${project.id}`)} class="form">
        <Field form={form} name="name" label="Project name" isRequired hasFocus={form.problems.name !== undefined} />
        <button type="submit" class="button">
          Rename project
        </button>
      </form>
    </Section>
  )
}

interface HiddenWordsProps {
  project: OwnProject
  words: readonly string[]
  returned: Returned | null
}

function HiddenWordsSection({ project, words, returned }: HiddenWordsProps) {
  const form = formOf(returned, 'hidden-words', { words: words.join('\n') })
  return (
    <Section id="hidden-words" title="Words to hide">
      <form method="post" action={url(`/projects/${project.id}/hidden-words`)} class="form">
        <TextArea
          form={form}
          name="words"
          label="Words, one per line"
          help="Hidden from viewers, and in messages, like passwords and tokens."
          rows={4}
          hasFocus={form.problems.words !== undefined}
        />
        <button type="submit" class="button">
          Save words
        </button>
      </form>
    </Section>
  )
}

function LeaveSection({ project, membership }: { project: OwnProject; membership: Membership }) {
  const { userId, isOnlyOwner, apiKeys } = membership
  return (
    <Section id="leave" title="Leave project">
      {isOnlyOwner ? (
        <p>
          You are the only owner. Make someone else an owner before you leave, or{' '}
          <a href={url(`/projects/${project.id}/delete`)}>delete the project</a>.
        </p>
      ) : (
        <>
          <p>You will lose access to the project. To join again, you need a new invitation.</p>
          <Confirm
            label="Leave"
            question="Leave this project?"
            action={url(`/projects/${project.id}/members/${userId}/remove`)}
            submit="Leave project"
          >
            <KeyChoices
              projectId={project.id}
              apiKeys={apiKeys.filter(({ createdBy }) => createdBy === userId)}
              label="Revoke API keys you created"
              mayReplacePingKey={may(project.role, 'administer')}
            />
          </Confirm>
        </>
      )}
    </Section>
  )
}

function DeleteSection({ project }: { project: OwnProject }) {
  return (
    <Section id="delete" title="Delete project">
      <p>Deletes all monitors, pings, incidents and channels in this project, for all members.</p>
      <p class="actions">
        <a class="button button-danger" href={url(`/projects/${project.id}/delete`)}>
          Delete project
        </a>
      </p>
    </Section>
  )
}
