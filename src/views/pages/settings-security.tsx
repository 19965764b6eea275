import { may, type OwnProject, type Project } from '#domain/project.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { Field, FormProblem, type FormState } from '#views/components/field.tsx'
import { Ago, Moment, type Reading } from '#views/components/moment.tsx'
import { formOf, type Returned, Section } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { browserInWords } from '#words/browser.ts'
import { type KeyChoice, KeyChoices, type ShownApiKey } from './project-keys.tsx'
import { NewPasswordField } from './sign-in.tsx'

export interface ShownSession {
  id: string
  userAgent: string
  remoteAddress: string | null
  createdAt: number
  seenAt: number
}

export function PasswordSection({ returned }: { returned: Returned | null }) {
  const form = formOf(returned, 'password')
  return (
    <Section id="change-password" title="Password">
      <p class="soft">Changing your password signs out all other sessions.</p>
      <form method="post" action={url('/settings/password')} class="form">
        <Field
          form={form}
          name="password"
          label="Current password"
          type="password"
          autocomplete="current-password"
          isRequired
          hasFocus={form.problems.password !== undefined}
        />
        <NewPasswordField
          form={form}
          name="newPassword"
          label="New password"
          hasFocus={form.problems.newPassword !== undefined}
        />
        <button type="submit" class="button">
          Change password
        </button>
      </form>
    </Section>
  )
}

interface SessionsProps {
  sessions: ShownSession[]
  /** The one that this page is shown in. */
  sessionId: string
  reading: Reading
}

export function SessionsSection({ sessions, sessionId, reading }: SessionsProps) {
  return (
    <Section id="sessions" title="Sessions">
      <p class="soft">
        Where you're signed in. Sessions expire after 30 days of inactivity, and no later than 90 days after sign-in.
      </p>
      <ul class="rows">
        {sessions.map((session) => (
          <SessionRow session={session} isThis={session.id === sessionId} reading={reading} />
        ))}
      </ul>
      {sessions.length > 1 && (
        <form method="post" action={url('/settings/sessions/end-others')}>
          <button type="submit" class="button button-danger">
            Sign out everywhere else
          </button>
        </form>
      )}
    </Section>
  )
}

function SessionRow({ session, isThis, reading }: { session: ShownSession; isThis: boolean; reading: Reading }) {
  const { id, userAgent, remoteAddress, createdAt, seenAt } = session
  const browser = browserInWords(userAgent)
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b title={userAgent}>{browser}</b>
          {isThis && <span class="tag">This session</span>}
        </p>
        <p class="row-facts">
          <span>IP {remoteAddress ?? 'unknown'}</span>
          <span>
            signed in <Moment at={createdAt} reading={reading} />
          </span>
          <span>
            {isThis ? (
              'active now'
            ) : (
              <>
                last active <Ago at={seenAt} reading={reading} />
              </>
            )}
          </span>
        </p>
      </div>
      {!isThis && (
        <form method="post" action={url(`/settings/sessions/${id}/end`)}>
          <button type="submit" class="button button-small">
            Sign out<span class="visually-hidden"> of the session in {browser}</span>
          </button>
        </form>
      )}
    </li>
  )
}

interface DeleteAccountProps {
  context: FrameContext
  /** Which projects go with the account, which go on without it, and which keep it from going. */
  holdings: { own: Project[]; shared: OwnProject[]; needsOwner: Project[] }
  /** Those that the user made in projects that go on. */
  apiKeys: (ShownApiKey & { projectId: string })[]
  /** By project, what was chosen about the keys in a form that came back. */
  choices: Readonly<Record<string, KeyChoice>>
  form: FormState
}

export function DeleteAccountPage({ context, holdings, apiKeys, choices, form }: DeleteAccountProps) {
  const { own, shared, needsOwner } = holdings
  return (
    <Frame context={context} title="Delete account" room="settings" help="delete account">
      <div class="page-head">
        <p class="crumbs">
          <a href={url('/settings')}>Settings</a>
        </p>
        <h1>Delete your account</h1>
      </div>
      <section class="section narrow" aria-label="What happens">
        <ProjectList projects={needsOwner}>
          You are the only owner of these projects. Before you delete your account, make someone else an owner or delete
          the project:
        </ProjectList>
        <ProjectList projects={own}>
          These projects will be deleted, with their monitors, pings, incidents and channels:
        </ProjectList>
        <ProjectList projects={shared}>You will leave these projects. Their other members keep them:</ProjectList>
        {needsOwner.length === 0 ? (
          <DeleteAccountForm shared={shared} apiKeys={apiKeys} choices={choices} form={form} />
        ) : (
          <p class="actions">
            <a class="button" href={url('/settings')}>
              Back to settings
            </a>
          </p>
        )}
      </section>
    </Frame>
  )
}

type DeleteAccountFormProps = Pick<DeleteAccountProps, 'apiKeys' | 'choices' | 'form'> & { shared: OwnProject[] }

function DeleteAccountForm({ shared, apiKeys, choices, form }: DeleteAccountFormProps) {
  return (
    <>
      <p>This can't be undone.</p>
      <FormProblem text={form.problems.account ?? null} />
      <form method="post" action={url('/settings/delete')} class="form">
        {shared.map((project) => (
          <KeysLeftBehind
            project={project}
            apiKeys={apiKeys.filter(({ projectId }) => projectId === project.id)}
            choice={choices[project.id]}
          />
        ))}
        <Field
          form={form}
          name="password"
          label="Current password"
          type="password"
          autocomplete="current-password"
          isRequired
          hasFocus
        />
        <p class="actions">
          <button type="submit" class="button button-danger">
            Delete account
          </button>
          <a class="button" href={url('/settings')}>
            Cancel
          </a>
        </p>
      </form>
    </>
  )
}

interface KeysLeftBehindProps {
  project: OwnProject
  apiKeys: ShownApiKey[]
  choice: KeyChoice | undefined
}

function KeysLeftBehind({ project, apiKeys, choice }: KeysLeftBehindProps) {
  const mayReplacePingKey = may(project.role, 'administer')
  if (apiKeys.length === 0 && !mayReplacePingKey) return null
  return (
    <section class="choices" aria-label={`Keys of ${project.name}`}>
      <h2 class="breakable" dir="auto">
        {project.name}
      </h2>
      <KeyChoices
        projectId={project.id}
        apiKeys={apiKeys}
        label="Revoke API keys you created"
        mayReplacePingKey={mayReplacePingKey}
        choice={choice}
      />
    </section>
  )
}

function ProjectList({ projects, children }: { projects: Project[]; children?: Child }) {
  if (projects.length === 0) return null
  return (
    <div>
      <p>{children}</p>
      <ul class="plain-list">
        {projects.map(({ id, name }) => (
          <li>
            <a href={url(`/projects/${id}/settings`)} class="breakable" dir="auto">
              {name}
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}
