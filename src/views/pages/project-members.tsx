import { calledName } from '#domain/account.ts'
import {
  INVITED_ROLES,
  type InvitedRole,
  type Member,
  may,
  mayChangeMember,
  type OwnProject,
  ROLES,
  type Role,
} from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Field, Select } from '#views/components/field.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { Confirm, formOf, type Returned, Section } from '#views/components/section.tsx'
import { KeyChoices, type ShownApiKey } from './project-keys.tsx'

export interface Membership {
  members: Member[]
  /** Who looks at the page. */
  userId: string
  isOnlyOwner: boolean
  /** Those that the person may end with a removal: every one, or their own. */
  apiKeys: ShownApiKey[]
}

/** @NOTE PERMISSIONS in domain/project.ts says the same to the program. */
const ROLE_WORDS: Record<Role, string> = {
  viewer: 'sees monitors, incidents and channels, but no ping URL and no secret',
  member: 'also makes, changes, pauses and deletes monitors and channels',
  admin: 'also renames the project, has its keys, and says who belongs to it',
  owner: 'also makes owners, and may delete the project',
}

interface MembersProps {
  project: OwnProject
  membership: Membership
  reading: Reading
}

export function MembersSection({ project, membership, reading }: MembersProps) {
  return (
    <Section id="members" title="Members">
      <ul class="rows">
        {membership.members.map((member) => (
          <MemberRow project={project} member={member} membership={membership} reading={reading} />
        ))}
      </ul>
      <details class="aside">
        <summary>What each role may do</summary>
        <dl class="facts">
          {ROLES.toReversed().map((role) => (
            <>
              <dt>{role}</dt>
              <dd>{ROLE_WORDS[role]}</dd>
            </>
          ))}
        </dl>
      </details>
    </Section>
  )
}

function MemberRow({ project, member, membership, reading }: MembersProps & { member: Member }) {
  const isOneself = member.userId === membership.userId
  const isLastOwner = member.role === 'owner' && isOneself && membership.isOnlyOwner
  const path = `/projects/${project.id}/members/${member.userId}`
  const roles = ROLES.filter((to) => mayChangeMember(project.role, { from: member.role, to }))
  const isChangeable = roles.includes(member.role) && !isLastOwner
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b class="breakable" dir="auto">
            {calledName(member)}
          </b>
          {isOneself && <span class="tag">You</span>}
        </p>
        <p class="row-facts">
          {member.name !== '' && <span class="breakable">{member.email}</span>}
          <span>
            since <Moment at={member.since} reading={reading} />
          </span>
        </p>
      </div>
      {isChangeable ? <RoleForm path={path} member={member} roles={roles} /> : <p class="row-role">{member.role}</p>}
      {isChangeable && !isOneself && (
        <Confirm
          label="Remove"
          about={calledName(member)}
          question={
            <>
              Remove <bdi>{calledName(member)}</bdi> from this project? Their open invitations are revoked. Ping URLs
              that they copied keep working.
            </>
          }
          action={url(`${path}/remove`)}
          submit="Remove member"
        >
          <KeyChoices
            projectId={project.id}
            apiKeys={membership.apiKeys.filter(({ createdBy }) => createdBy === member.userId)}
            label="Revoke API keys that they created"
            mayReplacePingKey
          />
        </Confirm>
      )}
    </li>
  )
}

function RoleForm({ path, member, roles }: { path: string; member: Member; roles: Role[] }) {
  return (
    <form method="post" action={url(path)} class="row-form">
      <select name="role" aria-label={`Role of ${calledName(member)}`}>
        {roles.map((role) => (
          <option value={role} selected={role === member.role}>
            {role}
          </option>
        ))}
      </select>
      <button type="submit" class="button button-small">
        Change<span class="visually-hidden"> the role of {calledName(member)}</span>
      </button>
    </form>
  )
}

export interface OpenInvitation {
  id: string
  role: InvitedRole
  /** Null: only the link was made. */
  email: string | null
  url: string
  expiresAt: number
}

interface InvitationsProps {
  project: OwnProject
  invitations: OpenInvitation[]
  hasMailServer: boolean
  mustVerify: boolean
  reading: Reading
  returned: Returned | null
}

export function InvitationsSection(props: InvitationsProps) {
  const { project, invitations, reading } = props
  return (
    <Section id="invitations" title="Invitations">
      <p class="soft">
        Whoever has the link of an invitation can join with it, once, for seven days. Pass it on where nobody else reads
        it.
      </p>
      {invitations.length > 0 && (
        <ul class="rows">
          {invitations.map((invitation) => (
            <InvitationRow project={project} invitation={invitation} reading={reading} />
          ))}
        </ul>
      )}
      <InvitationForm {...props} />
    </Section>
  )
}

interface InvitationRowProps {
  project: OwnProject
  invitation: OpenInvitation
  reading: Reading
}

function InvitationRow({
  project,
  invitation: { id, role, email, url: link, expiresAt },
  reading,
}: InvitationRowProps) {
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b class="breakable">{email ?? 'Anybody with the link'}</b>
          <span class="tag">{role}</span>
        </p>
        <p class="row-facts">
          <span>
            until <Moment at={expiresAt} reading={reading} />
          </span>
        </p>
        <div class="copy">
          <code id={`invitation-${id}`}>{link}</code>
          <button type="button" class="button button-small" data-copy={`invitation-${id}`}>
            Copy
          </button>
        </div>
      </div>
      <Confirm
        label="Take back"
        question="Take this invitation back? Its link does not work any more then."
        action={url(`/projects/${project.id}/invitations/${id}/revoke`)}
        submit="Take the invitation back"
      />
    </li>
  )
}

function InvitationForm({ project, hasMailServer, mustVerify, returned }: InvitationsProps) {
  const form = formOf(returned, 'invitations', { role: 'member' })
  const maySendMail = hasMailServer && !mustVerify
  return (
    <form method="post" action={url(`/projects/${project.id}/invitations`)} class="form">
      <Select
        form={form}
        name="role"
        label="Role"
        options={INVITED_ROLES.map((role) => ({ value: role, label: `${role}: ${ROLE_WORDS[role]}` }))}
        help={may(project.role, 'own') ? 'Owners are made of members, in the list above.' : undefined}
      />
      {maySendMail && (
        <Field
          form={form}
          name="email"
          label="E-mail address"
          type="email"
          autocomplete="off"
          help="The link is mailed there. Without an address it is only made, for you to pass on."
          hasFocus={form.problems.email !== undefined}
        />
      )}
      {!hasMailServer && <p class="help">There is no mail server here, so pass the link on yourself.</p>}
      {mustVerify && (
        <p class="help">
          Invitations can be mailed once your own address is confirmed, in your{' '}
          <a href={url('/settings#address')}>settings</a>.
        </p>
      )}
      <button type="submit" class="button">
        Make an invitation
      </button>
    </form>
  )
}
