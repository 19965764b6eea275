import { THEMES, type Theme, type User } from '#domain/account.ts'
import { may } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Check, Field, FormProblem } from '#views/components/field.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { formOf, type Returned, Section, Sections } from '#views/components/section.tsx'
import { ZoneSelect } from '#views/components/zone-select.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { PasswordSection, SessionsSection, type ShownSession } from './settings-security.tsx'

export type SettingsForm = 'profile' | 'email' | 'password'

export interface SettingsPageProps {
  context: FrameContext
  reading: Reading
  sessions: ShownSession[]
  sessionId: string
  /** The address that takes effect when an emailed link is followed. */
  pendingEmail: string | null
  hasMailServer: boolean
  /** The kind of channel that sends to a browser. */
  pushKind: string
  returned: Returned<SettingsForm> | null
}

const ENTRIES: [string, string][] = [
  ['profile', 'Profile'],
  ['address', 'Email address'],
  ['mails', 'Email preferences'],
  ['push', 'Browser push'],
  ['theme', 'Theme'],
  ['change-password', 'Password'],
  ['sessions', 'Sessions'],
  ['delete', 'Delete account'],
]

export function SettingsPage(props: SettingsPageProps) {
  const { context, reading, returned, hasMailServer } = props
  return (
    <Frame context={context} title="Settings" room="settings">
      <div class="page-head">
        <h1>Settings</h1>
      </div>
      <FormProblem text={returned?.problem ?? null} />
      <Sections entries={ENTRIES}>
        <ProfileSection user={context.user} now={context.now} returned={returned} />
        <EmailSection {...props} />
        <MailsSection user={context.user} hasMailServer={hasMailServer} />
        <PushSection context={context} pushKind={props.pushKind} />
        <ThemeSection theme={context.user.theme} />
        <PasswordSection returned={returned} />
        <SessionsSection sessions={props.sessions} sessionId={props.sessionId} reading={reading} />
        <Section id="delete" title="Delete account">
          <p>Deletes your account and any project that has no other members. The next page lists them.</p>
          <p class="actions">
            <a class="button button-danger" href={url('/settings/delete')}>
              Delete account
            </a>
          </p>
        </Section>
      </Sections>
    </Frame>
  )
}

interface ProfileProps {
  user: User
  now: number
  returned: Returned | null
}

function ProfileSection({ user, now, returned }: ProfileProps) {
  const form = formOf(returned, 'profile', { name: user.name, timeZone: user.timeZone })
  return (
    <Section id="profile" title="Profile">
      <form method="post" action={url('/settings/profile')} class="form">
        <Field
          form={form}
          name="name"
          label="Name"
          autocomplete="name"
          help="Shown to others in your projects. Leave empty to show your email address."
          hasFocus={form.problems.name !== undefined}
        />
        <ZoneSelect form={form} name="timeZone" label="Time zone" now={now} />
        <button type="submit" class="button">
          Save profile
        </button>
      </form>
    </Section>
  )
}

function EmailSection({ context: { user }, pendingEmail, hasMailServer, returned }: SettingsPageProps) {
  const form = formOf(returned, 'email')
  const isOpen = hasMailServer && user.emailVerifiedAt === null
  return (
    <Section id="address" title="Email address">
      <p>
        You sign in with <b class="breakable">{user.email}</b>
        {isOpen ? ', which is not confirmed yet.' : '.'}
      </p>
      {pendingEmail !== null && (
        <p>
          CronGuard sent a link to <b class="breakable">{pendingEmail}</b>. The address changes when you open it.
        </p>
      )}
      {isOpen && (
        <form method="post" action={url('/settings/verification')}>
          <button type="submit" class="button button-small">
            Resend link
          </button>
        </form>
      )}
      <form method="post" action={url('/settings/email')} class="form">
        <Field
          form={form}
          name="email"
          label="New email address"
          type="email"
          autocomplete="email"
          help={
            hasMailServer ? 'CronGuard sends a link to this address. The address changes when you open it.' : undefined
          }
          isRequired
          hasFocus={form.problems.email !== undefined}
        />
        <Field
          form={form}
          name="emailPassword"
          label="Current password"
          type="password"
          autocomplete="current-password"
          isRequired
          hasFocus={form.problems.emailPassword !== undefined}
        />
        <button type="submit" class="button">
          Change email address
        </button>
      </form>
    </Section>
  )
}

const SIGN_INS_HELP =
  'Sent when someone signs in to your account from an IP address that none of your other sessions uses. ' +
  'Not sent if you have no other sessions.'
const FAILURES_HELP =
  'Sent when a notification from one of your projects fails permanently, usually after 24 hours of retries.'
const WARNINGS_HELP =
  'Sent to administrators when a problem of the server begins and when it is resolved, such as a full disk or an old ' +
  'backup. At most one email about each problem in 24 hours.'

function MailsSection({ user, hasMailServer }: { user: User; hasMailServer: boolean }) {
  return (
    <Section id="mails" title="Email preferences">
      <p class="soft">These settings don't affect alerts, which are sent through project channels.</p>
      {!hasMailServer && (
        <p>
          This server can't send email yet. Its administrator can{' '}
          <a href={url('/docs/configuration')}>configure a mail server</a>.
        </p>
      )}
      <form method="post" action={url('/settings/preferences')} class="form">
        <fieldset class="form" disabled={!hasMailServer}>
          <legend class="visually-hidden">When to send an email</legend>
          <Check
            name="signIns"
            label="Sign-in from a new IP address"
            help={SIGN_INS_HELP}
            isChecked={user.mails.signIns}
          />
          <Check name="failures" label="Failed notifications" help={FAILURES_HELP} isChecked={user.mails.failures} />
          {user.isAdmin && (
            <Check name="warnings" label="Server problems" help={WARNINGS_HELP} isChecked={user.mails.warnings} />
          )}
          <button type="submit" class="button">
            Save preferences
          </button>
        </fieldset>
      </form>
    </Section>
  )
}

function PushSection({ context: { projects }, pushKind }: Pick<SettingsPageProps, 'context' | 'pushKind'>) {
  const own = projects.filter(({ role }) => may(role, 'operate'))
  return (
    <Section id="push" title="Browser push">
      <p>
        Get alerts in this browser, or on your phone, without an app. Each device needs a channel of its own in each
        project.
      </p>
      {own.length === 0 && <p class="soft">You need the role member or higher in a project.</p>}
      <div class="actions">
        {own.map(({ id, name }) => (
          <a class="button button-small" href={url(`/projects/${id}/channels/new?kind=${pushKind}`)}>
            <span>
              Set up for <bdi>{name}</bdi>
            </span>
          </a>
        ))}
      </div>
    </Section>
  )
}

const THEME_WORDS: Record<Theme, string> = { system: 'Match system', light: 'Light', dark: 'Dark' }

function ThemeSection({ theme }: { theme: Theme }) {
  return (
    <Section id="theme" title="Theme">
      <form method="post" action={url('/settings/theme')} class="form">
        <fieldset>
          <legend class="visually-hidden">Theme</legend>
          {THEMES.map((name) => (
            <label class="check">
              <input type="radio" name="theme" value={name} checked={name === theme} />
              <span>{THEME_WORDS[name]}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit" class="button">
          Save theme
        </button>
      </form>
    </Section>
  )
}
