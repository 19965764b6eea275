import { displayName } from '#domain/account.ts'
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
  /** The user who views the page. */
  userId: string
  isOnlyOwner: boolean
  /** The keys that the user may revoke when removing a member: all of them, or their own. */
  apiKeys: ShownApiKey[]
}

const ROLE_NAMES: Record<Role, string> = { viewer: 'Viewer', member: 'Member', admin: 'Admin', owner: 'Owner' }

/** @NOTE Keep in step with PERMISSIONS in domain/project.ts. */
const ROLE_WORDS: Record<Role, string> = {
  viewer: 'view monitors, incidents and channels, but not ping URLs or secrets',
  member: 'same as viewer, plus create, edit and delete monitors and channels',
  admin: 'same as member, plus rename the project and manage keys and members',
  owner: 'same as admin, plus manage owners and delete the project',
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
        <summary>What each role can do</summary>
        <dl class="facts">
          {ROLES.toReversed().map((role) => (
            <>
              <dt>{ROLE_NAMES[role]}</dt>
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
            {displayName(member)}
          </b>
          {isOneself && <span class="tag">You</span>}
        </p>
        <p class="row-facts">
          {member.name !== '' && <span class="breakable">{member.email}</span>}
          <span>
            joined <Moment at={member.since} reading={reading} />
          </span>
        </p>
      </div>
      {isChangeable ? (
        <RoleForm path={path} member={member} roles={roles} />
      ) : (
        <p class="row-role">{ROLE_NAMES[member.role]}</p>
      )}
      {isChangeable && !isOneself && (
        <Confirm
          label="Remove"
          about={displayName(member)}
          question={
            <>
              Remove <bdi>{displayName(member)}</bdi> from this project? Open invitations they created are revoked. Ping
              URLs they copied keep working.
            </>
          }
          action={url(`${path}/remove`)}
          submit="Remove member"
        >
          <KeyChoices
            projectId={project.id}
            apiKeys={membership.apiKeys.filter(({ createdBy }) => createdBy === member.userId)}
            label="Revoke API keys they created"
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
      <select name="role" aria-label={`Role for ${displayName(member)}`}>
        {roles.map((role) => (
          <option value={role} selected={role === member.role}>
            {ROLE_NAMES[role]}
          </option>
        ))}
      </select>
      <button type="submit" class="button button-small">
        Change role<span class="visually-hidden"> of {displayName(member)}</span>
      </button>
    </form>
  )
}

export interface OpenInvitation {
  id: string
  role: InvitedRole
  /** Null for a link that wasn't emailed. */
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
      <p class="soft">An invitation link works once and expires after 7 days. Send it privately.</p>
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
          <b class="breakable">{email ?? 'Anyone with the link'}</b>
          <span class="tag">{ROLE_NAMES[role]}</span>
        </p>
        <p class="row-facts">
          <span>
            expires <Moment at={expiresAt} reading={reading} />
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
        label="Revoke"
        question="Revoke this invitation? Its link stops working."
        action={url(`/projects/${project.id}/invitations/${id}/revoke`)}
        submit="Revoke invitation"
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
        options={INVITED_ROLES.map((role) => ({ value: role, label: `${ROLE_NAMES[role]}: ${ROLE_WORDS[role]}` }))}
        help={may(project.role, 'own') ? "To add an owner, change a member's role in the list above." : undefined}
      />
      {maySendMail && (
        <Field
          form={form}
          name="email"
          label="Email address"
          type="email"
          autocomplete="off"
          help="CronGuard sends the link to this address. Leave empty to get a link that you send yourself."
          hasFocus={form.problems.email !== undefined}
        />
      )}
      {!hasMailServer && <p class="help">This server can't send email, so send the link yourself.</p>}
      {mustVerify && (
        <p class="help">
          Confirm your email address in your <a href={url('/settings#address')}>settings</a> to send invitations by
          email.
        </p>
      )}
      <button type="submit" class="button">
        Create invitation
      </button>
    </form>
  )
}
