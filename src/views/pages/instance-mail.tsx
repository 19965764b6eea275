// The mail server on the page of the server's administrator, and its test.
import { MAIL_PROVIDERS, type MailProvider } from '#domain/mail-server.ts'
import { url } from '#lib/base-path.ts'
import type { SmtpSettings } from '#lib/mail.ts'
import type { DialogueLine } from '#lib/mail-dialogue.ts'
import { asSentence } from '#lib/sentence.ts'
import { Field, FormProblem, type FormState, Select } from '#views/components/field.tsx'
import { Icon } from '#views/components/icon.tsx'
import { Confirm, Section } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** A mail server without its password. */
export interface ShownMailServer extends Omit<SmtpSettings, 'password'> {
  /** Whether this version can use the settings. */
  isUsable: boolean
  /** Why no emails can be sent through it, and what to do. Null if they can. */
  problem: string | null
}

export interface MailServerProps {
  /** Null if none is configured. */
  server: ShownMailServer | null
  /** The environment variables that set it. Empty: it can be changed here. */
  variables: readonly string[]
  form: FormState
  problem: string | null
  /** The provider whose settings fill the form; null for none. */
  provider: MailProvider | null
  hasStoredPassword: boolean
  /** Where a test goes by default. */
  testAddress: string
}

const SECURITIES: { value: SmtpSettings['security']; label: string }[] = [
  { value: 'starttls', label: 'STARTTLS (usually port 587)' },
  { value: 'tls', label: 'TLS (usually port 465)' },
  { value: 'none', label: 'None (only for a server on this machine)' },
]

export const MAIL_SECTION = 'mail-server'

export function MailServerSection(props: MailServerProps) {
  const { server, variables } = props
  return (
    <Section id={MAIL_SECTION} title="Mail server">
      {server === null ? (
        <p>
          <b>No mail server is configured.</b> Enter one to get alerts by email. Until then, emails are not sent, and
          only their recipients and subjects are logged. Changes apply immediately, without a restart.
        </p>
      ) : (
        server.isUsable && <ServerInWords server={server} />
      )}
      {server?.problem && (
        <p class="problem-box" role="alert">
          {asSentence(server.problem)}
        </p>
      )}
      {server?.isUsable && <TestForm to={props.testAddress} />}
      {variables.length > 0 ? <SetByEnvironment variables={variables} /> : <MailServerForm {...props} />}
      {server !== null && variables.length === 0 && (
        <Confirm
          label="Remove mail server"
          question="Remove the mail server and its password? Alerts will no longer be sent by email."
          action={url('/instance/mail-server/remove')}
          submit="Remove mail server"
        />
      )}
    </Section>
  )
}

function ServerInWords({ server: { host, port, security, username, from } }: { server: ShownMailServer }) {
  const encryption = { starttls: 'STARTTLS', tls: 'TLS', none: 'none' }[security]
  return (
    <dl class="facts">
      <dt>Host</dt>
      <dd class="breakable">
        {host}, port {port}
      </dd>
      <dt>Encryption</dt>
      <dd>{encryption}</dd>
      <dt>User name</dt>
      <dd class="breakable">{username ?? 'none'}</dd>
      <dt>Sender</dt>
      <dd class="breakable">{from}</dd>
    </dl>
  )
}

function SetByEnvironment({ variables }: { variables: readonly string[] }) {
  return (
    <p>
      Set by environment variables:{' '}
      {variables.map((name, index) => (
        <>
          {index > 0 && ', '}
          <code>{name}</code>
        </>
      ))}
      . Change them and restart CronGuard, or remove them to use this page.{' '}
      <a href={url('/docs/configuration#email')}>About these settings</a>
    </p>
  )
}

function MailServerForm({ form, problem, provider, hasStoredPassword }: MailServerProps) {
  return (
    <>
      <nav class="mail-providers" aria-label="Providers">
        <span>Start from</span>
        {MAIL_PROVIDERS.map(({ id, label }) => (
          <a
            class="button button-small"
            href={url(`/instance?provider=${id}#${MAIL_SECTION}`)}
            aria-current={id === provider?.id ? 'true' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <form method="post" action={url('/instance/mail-server')} class="form" autocomplete="off">
        <FormProblem text={problem} />
        {provider && <p class="mail-hint">{provider.hint}</p>}
        <Field form={form} name="host" label="Host" help="Such as smtp.example.com." isRequired maxlength={253} />
        <Field form={form} name="port" label="Port" type="number" isRequired min={1} max={65_535} />
        <Select form={form} name="security" label="Encryption" options={SECURITIES} />
        <Field form={form} name="username" label="User name" autocomplete="off" maxlength={320} />
        <Field
          form={form}
          name="password"
          label="Password"
          type="password"
          autocomplete="new-password"
          help={
            hasStoredPassword
              ? 'Leave empty to keep the stored password.'
              : 'Stored encrypted, and never shown again. Sent only to this mail server.'
          }
        />
        <Field
          form={form}
          name="from"
          label="Sender"
          help="Most providers only accept your own address or a verified domain."
          isRequired
          maxlength={320}
        />
        <button type="submit" class="button button-primary">
          Save mail server
        </button>
      </form>
    </>
  )
}

/** Sends a test and shows the outcome below, or on a separate page without JavaScript. */
function TestForm({ to }: { to: string }) {
  return (
    <>
      <form
        method="post"
        action={url('/instance/mail-server/test')}
        class="mail-test"
        hx-post={url('/instance/mail-server/test/outcome')}
        hx-target="#mail-test"
        hx-swap="innerHTML"
      >
        <label for="to">Send a test to</label>
        <input id="to" name="to" type="email" value={to} required autocomplete="email" />
        <button type="submit" class="button">
          <Icon name="send" /> Send test
        </button>
        <span class="mail-test-progress" role="status">
          Sending a test. This takes up to 15 seconds.
        </span>
      </form>
      <div id="mail-test" class="test-place mail-test-outcome" role="status" />
    </>
  )
}

export interface MailTestView {
  isSent: boolean
  to: string
  detail: string
  advice: string | null
  lines: readonly DialogueLine[]
  isCut: boolean
}

/** The outcome of a test: what happened, what to do, and what both sides said. */
export function MailTestOutcome({ test }: { test: MailTestView }) {
  const { isSent, to, detail, advice, lines, isCut } = test
  return (
    <>
      <p class={`test-outcome ${isSent ? 'test-good' : 'test-bad'}`} dir="auto">
        <Icon name={isSent ? 'check' : 'alert'} />
        <span>{isSent ? `Test sent to ${to}. ${asSentence(detail)}` : `Test failed. ${asSentence(detail)}`}</span>
      </p>
      {advice !== null && <p>{advice}</p>}
      {isSent && <p class="soft">The mail server accepted it. If it does not arrive, check the spam folder.</p>}
      {lines.length > 0 && (
        <details class="smtp-dialogue" open={!isSent}>
          <summary>SMTP dialogue</summary>
          <ol class="smtp-lines">
            {lines.map(({ from, text }) => (
              <li>
                <b>{from === 'client' ? 'CronGuard' : 'Server'}</b> <code>{text}</code>
              </li>
            ))}
          </ol>
          {isCut && <p class="soft">The dialogue was shortened.</p>}
        </details>
      )}
    </>
  )
}

/** A test that did not start. */
export function MailTestRefused({ text }: { text: string }) {
  return (
    <p class="test-outcome test-bad">
      <Icon name="alert" />
      <span>{text}</span>
    </p>
  )
}

interface TestPageProps {
  context: FrameContext
  test: MailTestView | string
}

/** The outcome of a test, for browsers without JavaScript. */
export function MailTestPage({ context, test }: TestPageProps) {
  return (
    <Frame context={context} title="Mail server test" room="instance">
      <div class="page-head">
        <p class="crumbs">
          <a href={url('/instance')}>Server</a>
        </p>
        <h1>Mail server test</h1>
      </div>
      <section class="section mail-test-outcome">
        {typeof test === 'string' ? <MailTestRefused text={test} /> : <MailTestOutcome test={test} />}
        <a class="button" href={url(`/instance#${MAIL_SECTION}`)}>
          <Icon name="pencil" /> Edit mail server
        </a>
      </section>
    </Frame>
  )
}
