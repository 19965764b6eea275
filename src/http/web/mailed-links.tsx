// Links in emails: reset a password and confirm an address.

import { hasMailServer } from '#actions/mail-server.ts'
import { mailPasswordReset, requireResetLink, resetPassword, verifyEmail } from '#actions/mailed-links.ts'
import type { Deps } from '#deps.ts'
import { orRerender, problemOf } from '#http/forms.ts'
import { anyone, type PageRequest, type WebDeps } from '#http/guards.ts'
import { type AccountAttempt, createAccountLimit, createNetworkLimit, type Limit } from '#http/limits.ts'
import { peerOf } from '#http/peer.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { HOUR } from '#lib/duration.ts'
import { AppError, isTooMany } from '#lib/errors.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { freshForm } from '#views/components/field.tsx'
import { ConfirmPage, ForgottenPage, NewPasswordPage } from '#views/pages/sign-in.tsx'

interface Limits {
  network: Limit<string | null>
  account: Limit<AccountAttempt>
}

export function mailedLinkRoutes(web: WebDeps) {
  const limits: Limits = {
    network: createNetworkLimit({ tries: 10, withinMs: HOUR }),
    account: createAccountLimit({ tries: 3, ceiling: 6, withinMs: HOUR }),
  }
  return cookieRoutes(web.deps, 'web/mailed-links')
    .get(
      '/password-reset',
      anyone(web, () => showForgotten(web)),
    )
    .post(
      '/password-reset',
      anyone(web, (context) => mailLink(web, { context, limits })),
      { parse: 'none' },
    )
    .get(
      '/password-reset/:token',
      anyone(web, (context) => showNewPassword(web, context)),
    )
    .post(
      '/password-reset/:token',
      anyone(web, (context) => saveNewPassword(web, context)),
      { parse: 'none' },
    )
    .get('/verify-email/:token', anyone(web, showVerification))
    .post(
      '/verify-email/:token',
      anyone(web, (context) => verify(web, context)),
      { parse: 'none' },
    )
}

function showForgotten({ deps }: WebDeps): Response {
  requireMailServer(deps)
  return page(<ForgottenPage form={freshForm()} problem={null} isSent={false} />)
}

// The response and its time are the same whether or not the account exists or has reached its limit of emails. So no
// one can find out about an account, or keep its owner from getting a link.
async function mailLink(
  web: WebDeps,
  { context, limits }: { context: PageRequest; limits: Limits },
): Promise<Response> {
  const { deps } = web
  requireMailServer(deps)
  const email = context.form.text('email').trim()
  return await orRerender(
    deps,
    async () => {
      await limits.network.take(peerOf(context.request))
      setImmediate(() => mailInLimits(web, { context, email, limit: limits.account }))
      return page(<ForgottenPage form={freshForm()} problem={null} isSent />)
    },
    (error) => page(<ForgottenPage form={freshForm({ email })} problem={error.message} isSent={false} />),
  )
}

interface LinkRequest {
  context: PageRequest
  email: string
  limit: Limit<AccountAttempt>
}

async function mailInLimits(
  { deps, devices }: WebDeps,
  { context: { request }, email, limit }: LinkRequest,
): Promise<void> {
  try {
    const user = findUserByEmail(deps.db, email)
    const device = user && devices.find(request, user.id)
    await limit.take({ account: email.toLowerCase(), address: peerOf(request), device })
    await mailPasswordReset(deps, email)
  } catch (error) {
    if (!isTooMany(error)) deps.log.error('Could not send an email', { error })
  }
}

function showNewPassword({ deps }: WebDeps, { params }: PageRequest): Response {
  const token = params.token ?? ''
  requireResetLink(deps, token)
  return page(<NewPasswordPage token={token} form={freshForm()} problem={null} />)
}

async function saveNewPassword({ deps }: WebDeps, { form, params }: PageRequest): Promise<Response> {
  const token = params.token ?? ''
  return await orRerender(
    deps,
    async () => {
      await resetPassword(deps, { token, password: form.text('password') })
      return redirect(url('/login'), 'password-reset')
    },
    (error) => {
      const form = { values: {}, problems: error.fields }
      return page(<NewPasswordPage token={token} form={form} problem={problemOf(error)} />, 422)
    },
  )
}

function showVerification({ params }: PageRequest): Response {
  return page(
    <ConfirmPage
      title="Confirm your email address"
      lead="Confirm that this email address is yours."
      action={url(`/verify-email/${encodeURIComponent(params.token ?? '')}`)}
      submit="Confirm email address"
    />,
  )
}

function verify({ deps }: WebDeps, { params }: PageRequest): Response {
  verifyEmail(deps, params.token ?? '')
  return redirect(url('/'), 'email-verified')
}

function requireMailServer(deps: Deps): void {
  if (hasMailServer(deps)) return
  throw new AppError(
    'not_found',
    'This server can\'t send email. To reset a password, run "cronguard user reset-password EMAIL" on the server.',
  )
}
