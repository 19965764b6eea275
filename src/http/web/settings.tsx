// What a person decides about their own account. A try at their password is counted, as it is at the sign-in.
import { Elysia } from 'elysia'
import {
  changeMailPreferences,
  changePassword,
  changeProfile,
  changeTheme,
  deleteAccount,
  estateOf,
  type Proof,
  requirePassword,
} from '#actions/accounts.ts'
import { type KeyChoice, keysMadeBy } from '#actions/departures.ts'
import { changeEmail, mailVerification } from '#actions/mailed-links.ts'
import { openSetup } from '#actions/registration.ts'
import { endOtherSessions, endSession } from '#actions/sessions.ts'
import { THEMES } from '#domain/account.ts'
import { type Form, orAgain, returnedForm } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, type SignedInVisit, signedIn } from '#http/guards.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { refererOf } from '#http/origin.ts'
import { page, redirect, withCookies } from '#http/respond.tsx'
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

/** How often somebody may try a password in one session, and have mails sent to addresses of their choice. */
interface Limits {
  passwords: Limit
  mails: Limit
}

export function settingsRoutes(house: House) {
  const limits: Limits = {
    passwords: createLimit({ tries: 10, withinMs: 15 * MINUTE }),
    mails: createLimit({ tries: 10, withinMs: HOUR }),
  }
  const form = (answer: (visit: SignedInVisit) => Response | Promise<Response>) =>
    [signedIn(house, answer), { parse: 'none' }] as const
  return (
    new Elysia({ name: 'web/settings' })
      .get(
        '/settings',
        signedIn(house, (visit) => show(house, { visit, returned: null })),
      )
      .get(
        '/settings/delete',
        signedIn(house, (visit) => showDelete(house, { visit, form: freshForm() })),
      )
      // A form that came back leaves its own address in the browser, and somebody may ask for that again.
      .get(
        '/settings/:form',
        signedIn(house, () => redirect(SETTINGS)),
      )
      .post('/settings/profile', ...form((visit) => saveProfile(house, visit)))
      .post('/settings/email', ...form((visit) => saveEmail(house, { visit, limits })))
      .post('/settings/verification', ...form((visit) => mailLinkAgain(house, { visit, limits })))
      .post('/settings/preferences', ...form((visit) => savePreferences(house, visit)))
      .post('/settings/theme', ...form((visit) => saveTheme(house, visit)))
      .post('/settings/password', ...form((visit) => savePassword(house, { visit, limits })))
      .post('/settings/sessions/end-others', ...form((visit) => endOthers(house, visit)))
      .post('/settings/sessions/:session/end', ...form((visit) => endOne(house, visit)))
      .post('/settings/delete', ...form((visit) => remove(house, { visit, limits })))
  )
}

interface Asked {
  visit: SignedInVisit
  limits: Limits
}

function show(
  { deps }: House,
  { visit, returned }: { visit: SignedInVisit; returned: Returned<SettingsForm> | null },
): Response {
  const { user, session, now } = visit
  return page(
    <SettingsPage
      visit={frameOf(visit)}
      reading={readingOf(visit)}
      sessions={listSessions(deps.db, { userId: user.id, now })}
      sessionId={session.id}
      pendingEmail={findPendingEmail(deps.db, { userId: user.id, now })}
      hasMailServer={deps.config.smtp !== null}
      returned={returned}
    />,
    returned === null ? 200 : 422,
  )
}

function orShowAgain(
  house: House,
  { visit, section, form }: { visit: SignedInVisit; section: SettingsForm; form: Form },
  work: () => Response | Promise<Response>,
): Promise<Response> {
  return orAgain(work, (error) => show(house, { visit, returned: returnedForm(error, { section, form }) }))
}

async function saveProfile(house: House, visit: SignedInVisit): Promise<Response> {
  const { form } = visit
  return await orShowAgain(house, { visit, section: 'profile', form }, () => {
    changeProfile(house.deps, { userId: visit.user.id, name: form.text('name'), timeZone: form.text('timeZone') })
    return redirect(SETTINGS, 'profile-saved')
  })
}

const MAIL_NOTICES = { changed: 'email-changed', mailed: 'email-mailed', 'not-mailed': 'email-not-mailed' } as const

async function saveEmail(house: House, { visit, limits }: Asked): Promise<Response> {
  const { form, user } = visit
  return await orShowAgain(house, { visit, section: 'email', form }, async () => {
    const proof = await checkPassword(house, { visit, limits, form, field: 'emailPassword' })
    const email = form.text('email')
    await limits.mails.take(user.id)
    if (house.deps.config.smtp !== null) await house.messageLimits.destinations.take(email)
    const outcome = await changeEmail(house.deps, { proof, email })
    return redirect(SETTINGS, MAIL_NOTICES[outcome])
  })
}

async function mailLinkAgain({ deps, messageLimits }: House, { visit: { user }, limits }: Asked): Promise<Response> {
  await limits.mails.take(user.id)
  await messageLimits.destinations.take(user.email)
  const isMailed = await mailVerification(deps, user)
  return redirect(SETTINGS, isMailed ? 'email-mailed' : 'email-not-mailed')
}

async function savePreferences({ deps }: House, { form, user }: SignedInVisit): Promise<Response> {
  const mails = { signIns: form.isTicked('signIns'), failures: form.isTicked('failures') }
  changeMailPreferences(deps, { userId: user.id, mails })
  return redirect(SETTINGS, 'preferences-saved')
}

// The switch is on every page, and leads back to the one that it was used on.
async function saveTheme({ deps }: House, { request, form, user }: SignedInVisit): Promise<Response> {
  const asked = form.text('theme')
  const theme = THEMES.find((name) => name === asked)
  if (theme === undefined) throw new AppError('invalid', 'There is no such theme.')
  changeTheme(deps, { userId: user.id, theme })
  return redirect(safePath(refererOf(deps, request) ?? SETTINGS), 'theme-changed')
}

async function savePassword(house: House, { visit, limits }: Asked): Promise<Response> {
  const { form } = visit
  return await orShowAgain(house, { visit, section: 'password', form }, async () => {
    const proof = await checkPassword(house, { visit, limits, form })
    await changePassword(house.deps, {
      proof,
      password: form.text('newPassword'),
      keptSessionId: visit.session.id,
    })
    return redirect(SETTINGS, 'password-changed')
  })
}

function endOthers({ deps }: House, { user, session }: SignedInVisit): Response {
  endOtherSessions(deps, { userId: user.id, keptId: session.id })
  return redirect(SETTINGS, 'sessions-ended')
}

function endOne({ deps }: House, { user, params }: SignedInVisit): Response {
  endSession(deps, { id: params.session ?? '', userId: user.id })
  return redirect(SETTINGS, 'session-ended')
}

function showDelete({ deps }: House, { visit, form }: { visit: SignedInVisit; form: FormState }): Response {
  const choices = keyChoicesIn(visit)
  const { id: userId } = visit.user
  const estate = estateOf(deps.db, userId)
  const apiKeys = estate.shared.flatMap(({ id: projectId }) => keysMadeBy(deps.db, { projectId, userId }))
  const isAgain = Object.keys(form.problems).length > 0
  return page(
    <DeleteAccountPage visit={frameOf(visit)} estate={estate} apiKeys={apiKeys} choices={choices} form={form} />,
    isAgain ? 422 : 200,
  )
}

async function remove(house: House, { visit, limits }: Asked): Promise<Response> {
  const { form } = visit
  return await orAgain(
    async () => {
      const proof = await checkPassword(house, { visit, limits, form })
      deleteAccount(house.deps, { proof, keys: keyChoicesIn(visit) })
      openAgain(house.deps)
      return withCookies(redirect('/login', 'account-deleted'), [house.sessions.cleared()])
    },
    ({ fields, message }) => {
      const problems = Object.keys(fields).length > 0 ? fields : { account: message }
      return showDelete(house, { visit, form: { values: {}, problems } })
    },
  )
}

function keyChoicesIn({ projects, form }: SignedInVisit): Record<string, KeyChoice> {
  return Object.fromEntries(projects.map(({ id }) => [id, keyChoiceIn(form, id)]))
}

// After the last one, the way to a first account is the same as at a start: a link in the log.
function openAgain(deps: House['deps']): void {
  const token = openSetup(deps)
  if (token === null) return
  const link = `${deps.config.baseUrl}/setup?token=${token}`
  deps.log.warn('Nobody has an account any more. The first one is made with this link, within 30 minutes', { link })
}

interface PasswordCheck extends Asked {
  form: Form
  field?: string
}

// A try is counted before the password is looked at, or a hundred at once would all be free.
async function checkPassword(
  { deps }: House,
  { visit: { user, session }, limits, form, field = 'password' }: PasswordCheck,
): Promise<Proof> {
  const tried = `${user.id} ${session.id}`
  await limits.passwords.take(tried)
  try {
    const proof = await requirePassword(deps, { userId: user.id, password: form.text(field), field })
    await limits.passwords.giveBack(tried)
    return proof
  } catch (error) {
    if (isTooMany(error)) await limits.passwords.giveBack(tried)
    throw error
  }
}
