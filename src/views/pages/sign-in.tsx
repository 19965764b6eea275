import { PASSWORD_MAX, PASSWORD_MIN } from '#domain/account.ts'
import type { Child } from '#jsx/jsx-runtime'
import { type Address, url } from '#lib/base-path.ts'
import { COMMON_PASSWORDS } from '#views/assets.ts'
import { Field, FormProblem, type FormState } from '#views/components/field.tsx'
import { Plain } from '#views/layouts/plain.tsx'

interface LoginPageProps {
  form: FormState
  problem: string | null
  notice: string | null
  /** The path to open after the sign-in. */
  next: string
  isRegistrationOpen: boolean
  hasMailServer: boolean
}

export function LoginPage({ form, problem, notice, next, isRegistrationOpen, hasMailServer }: LoginPageProps) {
  return (
    <Plain title="Sign in" notice={notice} help="sign in">
      <h1>Sign in</h1>
      <form method="post" action={url('/login')} class="form">
        <FormProblem text={problem} />
        <input type="hidden" name="next" value={next} />
        <Field form={form} name="email" label="Email" type="email" autocomplete="username" isRequired hasFocus />
        <Field
          form={form}
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          isRequired
        />
        <button type="submit" class="button button-primary">
          Sign in
        </button>
      </form>
      <p class="aside">
        {hasMailServer ? (
          <a href={url('/password-reset')}>Forgot your password?</a>
        ) : (
          <>
            Forgot your password? Ask the administrator to run <code>cronguard user reset-password EMAIL</code> on the
            server.
          </>
        )}
      </p>
      {isRegistrationOpen && (
        <p class="aside">
          No account yet? <a href={url('/register')}>Create one</a>.
        </p>
      )}
    </Plain>
  )
}

interface NewAccountProps {
  title: string
  lead: Child
  action: Address
  form: FormState
  problem: string | null
  submit: string
  /** The confirmed address; absent if the user types one. */
  email?: string | undefined
  /** A link to the sign-in, for people who have an account. */
  signIn?: Child
}

/** The form for a new account: the first one, an open registration, an invitation. */
export function NewAccountPage({ title, lead, action, form, problem, submit, email, signIn }: NewAccountProps) {
  return (
    <Plain title={title}>
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      <form method="post" action={action} class="form">
        <FormProblem text={problem} />
        {email === undefined ? (
          <Field form={form} name="email" label="Email" type="email" autocomplete="username" isRequired hasFocus />
        ) : (
          // Password managers store this address with the password.
          <div class="field">
            <label for="email">Email</label>
            <input id="email" type="email" value={email} autocomplete="username" readonly />
          </div>
        )}
        <NewPasswordField form={form} name="password" label="Password" hasFocus={email !== undefined} />
        <input type="hidden" name="timeZone" value="" data-fill="time-zone" />
        <button type="submit" class="button button-primary">
          {submit}
        </button>
      </form>
      {signIn && <p class="aside">{signIn}</p>}
    </Plain>
  )
}

interface RegisterByMailProps {
  title: string
  lead: Child
  action: Address
  form: FormState
  problem: string | null
  isSent: boolean
  signIn: Child
}

/** Asks for an address to send a link to. The page doesn't reveal whether the address has an account. */
export function RegisterByMailPage({ title, lead, action, form, problem, isSent, signIn }: RegisterByMailProps) {
  return (
    <Plain title={title}>
      <h1>{isSent ? 'Check your email' : title}</h1>
      {isSent ? (
        <p class="lead" role="status">
          An email with a link is on its way. The link works for 24 hours. Nothing arrived? Check your spam folder, then
          try again.
        </p>
      ) : (
        <>
          <p class="lead">{lead}</p>
          <form method="post" action={action} class="form">
            <FormProblem text={problem} />
            <Field form={form} name="email" label="Email" type="email" autocomplete="username" isRequired hasFocus />
            <button type="submit" class="button button-primary">
              Email me a link
            </button>
          </form>
        </>
      )}
      <p class="aside">{signIn}</p>
    </Plain>
  )
}

const PASSWORD_HELP =
  `At least ${PASSWORD_MIN} characters. Repeats like aaaa and sequences like 1234 count as one character. ` +
  'Common passwords are not allowed. Tip: use a few random words.'

interface NewPasswordFieldProps {
  form: FormState
  name: string
  label: string
  hasFocus?: boolean
}

export function NewPasswordField({ form, name, label, hasFocus }: NewPasswordFieldProps) {
  return (
    <div class="new-password">
      <Field
        form={form}
        name={name}
        label={label}
        hasFocus={hasFocus ?? false}
        type="password"
        autocomplete="new-password"
        minlength={PASSWORD_MIN}
        maxlength={PASSWORD_MAX}
        help={PASSWORD_HELP}
        isRequired
      />
      <p class="strength" data-strength-of={name} data-common={url(COMMON_PASSWORDS.path)} hidden>
        <meter min="0" max="4" low="2" high="3" optimum="4" value="0" aria-label="Strength" />
        <span role="status" />
      </p>
    </div>
  )
}

/** Shown while there is no account yet and the visitor has no valid setup link. */
export function SetupClosedPage({ isStale, command }: { isStale: boolean; command: string }) {
  return (
    <Plain title="Setup" help="setup">
      <h1>{isStale ? 'This setup link has expired' : 'CronGuard is not set up yet'}</h1>
      <p class="lead">
        When CronGuard starts, it logs a link to create the first account. The link works once, for 30 minutes.
      </p>
      <ol class="steps">
        <li>
          <h2>Find the link</h2>
          <p>With systemd, it is in the journal. Otherwise, look in the terminal where you started CronGuard.</p>
          <pre>
            <code>journalctl -u cronguard | grep setup</code>
          </pre>
        </li>
        <li>
          <h2>Open it</h2>
          <p>If it is older than 30 minutes, restart CronGuard to get a new one.</p>
        </li>
        <li>
          <h2>Or create the account on the server</h2>
          <pre>
            <code>{command}</code>
          </pre>
        </li>
      </ol>
    </Plain>
  )
}

export function ForgottenPage({ form, problem, isSent }: { form: FormState; problem: string | null; isSent: boolean }) {
  return (
    <Plain title="Reset password" help="sign in">
      <h1>Reset password</h1>
      {isSent ? (
        <p class="lead" role="status">
          If there is an account with this address, an email with a link is on its way. The link works for 1 hour.
          Nothing arrived? Check your spam folder, then try again.
        </p>
      ) : (
        <>
          <p class="lead">Enter your email address to get a reset link.</p>
          <form method="post" action={url('/password-reset')} class="form">
            <FormProblem text={problem} />
            <Field form={form} name="email" label="Email" type="email" autocomplete="username" isRequired hasFocus />
            <button type="submit" class="button button-primary">
              Email me a link
            </button>
          </form>
        </>
      )}
      <p class="aside">
        <a href={url('/login')}>Back to sign-in</a>
      </p>
    </Plain>
  )
}

export function NewPasswordPage({ token, form, problem }: { token: string; form: FormState; problem: string | null }) {
  return (
    <Plain title="New password" help="sign in">
      <h1>Choose a new password</h1>
      <form method="post" action={url(`/password-reset/${token}`)} class="form">
        <FormProblem text={problem} />
        <NewPasswordField form={form} name="password" label="New password" />
        <button type="submit" class="button button-primary">
          Change password
        </button>
      </form>
    </Plain>
  )
}

/** Asks for a click after an emailed link, because mail scanners open links but press no buttons. */
export function ConfirmPage(props: { title: string; lead: Child; action: Address; submit: string }) {
  return (
    <Plain title={props.title}>
      <h1>{props.title}</h1>
      <p class="lead">{props.lead}</p>
      <form method="post" action={props.action}>
        <button type="submit" class="button button-primary">
          {props.submit}
        </button>
      </form>
    </Plain>
  )
}
