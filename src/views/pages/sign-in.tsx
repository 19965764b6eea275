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
  /** Where to go after the sign-in: a path of this CronGuard. */
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
        <Field form={form} name="email" label="E-mail" type="email" autocomplete="username" isRequired hasFocus />
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
            Forgot your password? On the machine, <code>cronguard user reset-password EMAIL</code> makes a new one.
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
  /** The address that is proven already; absent: it is typed. */
  email?: string | undefined
  /** Signs in instead, when the person has an account already. */
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
          <Field form={form} name="email" label="E-mail" type="email" autocomplete="username" isRequired hasFocus />
        ) : (
          // Password managers keep what they find here beside the password.
          <div class="field">
            <label for="email">E-mail</label>
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

/** Asks for an address, to which a link goes: the page says the same whether the address has an account or not. */
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
            <Field form={form} name="email" label="E-mail" type="email" autocomplete="username" isRequired hasFocus />
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
  `At least ${PASSWORD_MIN} characters; repeats like aaaa and sequences like 1234 count as one. Common passwords ` +
  'are refused. A few random words are easy to remember and hard to guess.'

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

/** What a stranger sees while nobody has an account and there is no link, or it is too old. */
export function SetupClosedPage({ isStale, command }: { isStale: boolean; command: string }) {
  return (
    <Plain title="First steps" help="setup">
      <h1>{isStale ? 'This setup link is not valid any more' : 'No one has an account yet'}</h1>
      <p class="lead">
        When CronGuard starts, it writes a link to its log with which the first account is made. The link works once,
        for 30 minutes.
      </p>
      <ol class="steps">
        <li>
          <h2>Find the link</h2>
          <p>Under systemd it stands in the journal; otherwise where CronGuard was started:</p>
          <pre>
            <code>journalctl -u cronguard | grep setup</code>
          </pre>
        </li>
        <li>
          <h2>Open it</h2>
          <p>Is it older than 30 minutes? Start CronGuard again, and there is a new one.</p>
        </li>
        <li>
          <h2>Or make the account on the machine</h2>
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
    <Plain title="Forgotten password" help="sign in">
      <h1>Choose a new password</h1>
      {isSent ? (
        <p class="lead" role="status">
          If there is an account with this address, a mail with a link is on its way. The link works for one hour.
          Nothing came? Look among the unwanted mail, then try again.
        </p>
      ) : (
        <>
          <p class="lead">A link to a new password goes to the address of your account.</p>
          <form method="post" action={url('/password-reset')} class="form">
            <FormProblem text={problem} />
            <Field form={form} name="email" label="E-mail" type="email" autocomplete="username" isRequired hasFocus />
            <button type="submit" class="button button-primary">
              Mail the link
            </button>
          </form>
        </>
      )}
      <p class="aside">
        <a href={url('/login')}>Back to the sign-in</a>
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
          Change the password
        </button>
      </form>
    </Plain>
  )
}

/** One button between a mailed link and what it does: programs that look at mails follow links, and press nothing. */
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
