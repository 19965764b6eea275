// The settings of the user's own account. Attempts at the password are limited, as for the sign-in.

import {
  changeMailPreferences,
  changePassword,
  changeProfile,
  changeTheme,
  deleteAccount,
  holdingsOf,
  type Proof,
  requirePassword,
} from '#actions/accounts.ts'
import { type KeyChoice, keysCreatedBy } from '#actions/departures.ts'
import { hasMailServer } from '#actions/mail-server.ts'
import { changeEmail, mailVerification } from '#actions/mailed-links.ts'
import { createSetupToken } from '#actions/registration.ts'
import { endOtherSessions, endSession } from '#actions/sessions.ts'
import { CHANNEL_KINDS } from '#channels/index.ts'
import { THEMES } from '#domain/account.ts'
import { type Form, orRerender, returnedForm } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type SignedInRequest, signedIn, type WebDeps } from '#http/guards.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { refererOf } from '#http/origin.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { AppError, isTooMany } from '#lib/errors.ts'
import { findPendingEmail } from '#store/accounts.ts'
import { listSessions } from '#store/sessions.ts'
import { type FormState, freshForm } from '#views/components/field.tsx'
import type { Returned } from '#views/components/section.tsx'
import { type SettingsForm, SettingsPage } from '#views/pages/settings.tsx'
import { DeleteAccountPage } from '#views/pages/settings-security.tsx'
import { keyChoiceIn } from './projects.tsx'
import { safePath } from './sign-in.tsx'

const SETTINGS = '/settings'

/** Limits for attempts at a password in a session, and for emails to addresses that the user enters. */
interface Limits {
  passwords: Limit
  mails: Limit
}

export function settingsRoutes(web: WebDeps) {
  const limits: Limits = {
    passwords: createLimit({ tries: 10, withinMs: 15 * MINUTE }),
    mails: createLimit({ tries: 10, withinMs: HOUR }),
  }
  const form = (answer: (context: SignedInRequest) => Response | Promise<Response>) =>
    [signedIn(web, answer), { parse: 'none' }] as const
  return (
    cookieRoutes(web.deps, 'web/settings')
      .get(
        '/settings',
        signedIn(web, (context) => show(web, { context, returned: null })),
      )
      .get(
        '/settings/delete',
        signedIn(web, (context) => showDelete(web, { context, form: freshForm() })),
      )
      // After an error the browser shows the form's URL, and the user may reload it.
      .get(
        '/settings/:form',
        signedIn(web, () => redirect(url(SETTINGS))),
      )
      .post('/settings/profile', ...form((context) => saveProfile(web, context)))
      .post('/settings/email', ...form((context) => saveEmail(web, { context, limits })))
      .post('/settings/verification', ...form((context) => handleResendVerification(web, { context, limits })))
      .post('/settings/preferences', ...form((context) => savePreferences(web, context)))
      .post('/settings/theme', ...form((context) => saveTheme(web, context)))
      .post('/settings/password', ...form((context) => savePassword(web, { context, limits })))
      .post('/settings/sessions/end-others', ...form((context) => handleEndOtherSessions(web, context)))
      .post('/settings/sessions/:session/end', ...form((context) => handleEndSession(web, context)))
      .post('/settings/delete', ...form((context) => remove(web, { context, limits })))
  )
}

interface LimitedRequest {
  context: SignedInRequest
  limits: Limits
}

function show(
  { deps }: WebDeps,
  { context, returned }: { context: SignedInRequest; returned: Returned<SettingsForm> | null },
): Response {
  const { user, session, now } = context
  return page(
    <SettingsPage
      context={frameOf(context)}
      reading={readingOf(context)}
      sessions={listSessions(deps.db, { userId: user.id, now })}
      sessionId={session.id}
      pendingEmail={findPendingEmail(deps.db, { userId: user.id, now })}
      hasMailServer={hasMailServer(deps)}
      pushKind={CHANNEL_KINDS.find((kind) => kind.isSubscribedInBrowser)?.kind ?? ''}
      returned={returned}
    />,
    returned === null ? 200 : 422,
  )
}

function orRerenderSection(
  web: WebDeps,
  { context, section, form }: { context: SignedInRequest; section: SettingsForm; form: Form },
  work: () => Response | Promise<Response>,
): Promise<Response> {
  return orRerender(web.deps, work, (error) => show(web, { context, returned: returnedForm(error, { section, form }) }))
}

async function saveProfile(web: WebDeps, context: SignedInRequest): Promise<Response> {
  const { form } = context
  return await orRerenderSection(web, { context, section: 'profile', form }, () => {
    changeProfile(web.deps, { userId: context.user.id, name: form.text('name'), timeZone: form.text('timeZone') })
    return redirect(url(SETTINGS), 'profile-saved')
  })
}

const MAIL_NOTICES = { changed: 'email-changed', mailed: 'email-mailed', 'not-mailed': 'email-not-mailed' } as const

async function saveEmail(web: WebDeps, { context, limits }: LimitedRequest): Promise<Response> {
  const { form, user } = context
  return await orRerenderSection(web, { context, section: 'email', form }, async () => {
    const proof = await checkPassword(web, { context, limits, form, field: 'emailPassword' })
    const email = form.text('email')
    await limits.mails.take(user.id)
    if (hasMailServer(web.deps)) await web.messageLimits.destinations.take(email)
    const outcome = await changeEmail(web.deps, { proof, email })
    return redirect(url(SETTINGS), MAIL_NOTICES[outcome])
  })
}

async function handleResendVerification(
  { deps, messageLimits }: WebDeps,
  { context: { user }, limits }: LimitedRequest,
): Promise<Response> {
  await limits.mails.take(user.id)
  await messageLimits.destinations.take(user.email)
  const isMailed = await mailVerification(deps, user)
  return redirect(url(SETTINGS), isMailed ? 'email-mailed' : 'email-not-mailed')
}

async function savePreferences({ deps }: WebDeps, { form, user }: SignedInRequest): Promise<Response> {
  // Only administrators see this checkbox.
  const warnings = user.isAdmin ? form.isTicked('warnings') : user.mails.warnings
  const mails = { signIns: form.isTicked('signIns'), failures: form.isTicked('failures'), warnings }
  changeMailPreferences(deps, { userId: user.id, mails })
  return redirect(url(SETTINGS), 'preferences-saved')
}

// The theme switch is on every page, so the response leads back to the page on which it was used.
async function saveTheme({ deps }: WebDeps, { request, form, user }: SignedInRequest): Promise<Response> {
  const asked = form.text('theme')
  const theme = THEMES.find((name) => name === asked)
  if (theme === undefined) throw new AppError('invalid', 'Choose a theme.')
  changeTheme(deps, { userId: user.id, theme })
  return redirect(url(safePath(refererOf(deps, request) ?? SETTINGS)), 'theme-changed')
}

async function savePassword(web: WebDeps, { context, limits }: LimitedRequest): Promise<Response> {
  const { form } = context
  return await orRerenderSection(web, { context, section: 'password', form }, async () => {
    const proof = await checkPassword(web, { context, limits, form })
    await changePassword(web.deps, {
      proof,
      password: form.text('newPassword'),
      keptSessionId: context.session.id,
    })
    return redirect(url(SETTINGS), 'password-changed')
  })
}

function handleEndOtherSessions({ deps }: WebDeps, { user, session }: SignedInRequest): Response {
  endOtherSessions(deps, { userId: user.id, keptId: session.id })
  return redirect(url(SETTINGS), 'sessions-ended')
}

function handleEndSession({ deps }: WebDeps, { user, params }: SignedInRequest): Response {
  endSession(deps, { id: params.session ?? '', userId: user.id })
  return redirect(url(SETTINGS), 'session-ended')
}

function showDelete({ deps }: WebDeps, { context, form }: { context: SignedInRequest; form: FormState }): Response {
  const choices = keyChoicesIn(context)
  const { id: userId } = context.user
  const holdings = holdingsOf(deps.db, userId)
  const apiKeys = holdings.shared.flatMap(({ id: projectId }) => keysCreatedBy(deps.db, { projectId, userId }))
  const isAgain = Object.keys(form.problems).length > 0
  return page(
    <DeleteAccountPage
      context={frameOf(context)}
      holdings={holdings}
      apiKeys={apiKeys}
      choices={choices}
      form={form}
    />,
    isAgain ? 422 : 200,
  )
}

async function remove(web: WebDeps, { context, limits }: LimitedRequest): Promise<Response> {
  const { form } = context
  return await orRerender(
    web.deps,
    async () => {
      const proof = await checkPassword(web, { context, limits, form })
      deleteAccount(web.deps, { proof, keys: keyChoicesIn(context) })
      reopenSetup(web.deps)
      return withCookies(redirect(url('/login'), 'account-deleted'), [web.sessions.cleared()])
    },
    ({ fields, message }) => {
      const problems = Object.keys(fields).length > 0 ? fields : { account: message }
      return showDelete(web, { context, form: { values: {}, problems } })
    },
  )
}

function keyChoicesIn({ projects, form }: SignedInRequest): Record<string, KeyChoice> {
  return Object.fromEntries(projects.map(({ id }) => [id, keyChoiceIn(form, id)]))
}

// After the last account is deleted, a setup link is logged, as at the first start.
function reopenSetup(deps: WebDeps['deps']): void {
  const token = createSetupToken(deps)
  if (token === null) return
  const link = `${deps.config.baseUrl}/setup?token=${token}`
  deps.log.warn('No accounts left: create the first one with this link, which works once and expires in 30 minutes', {
    link,
  })
}

interface PasswordCheck extends LimitedRequest {
  form: Form
  field?: string
}

// An attempt is counted before the password is checked. Otherwise a hundred simultaneous attempts would all get
// through.
async function checkPassword(
  { deps }: WebDeps,
  { context: { user, session }, limits, form, field = 'password' }: PasswordCheck,
): Promise<Proof> {
  const tried = `${user.id} ${session.id}`
  await limits.passwords.take(tried)
  try {
    const proof = await requirePassword(deps, { userId: user.id, password: form.text(field), field })
    await limits.passwords.refund(tried)
    return proof
  } catch (error) {
    if (isTooMany(error)) await limits.passwords.refund(tried)
    throw error
  }
}
