// The mail server that an administrator enters on the Server page.
import { removeMailServer, saveMailServer } from '#actions/mail-server.ts'
import { testMailServer } from '#actions/mail-test.ts'
import { orRerender, problemOf } from '#http/forms.ts'
import { frameOf } from '#http/frame.ts'
import { asAdmin, type SignedInRequest, type WebDeps } from '#http/guards.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { HOUR } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import {
  MAIL_SECTION,
  MailTestOutcome,
  MailTestPage,
  MailTestRefused,
  type MailTestView,
} from '#views/pages/instance-mail.tsx'
import { showInstance } from './instance.tsx'

const FORM = { parse: 'none' } as const
const PLACE = `/instance#${MAIL_SECTION}`
const FIELDS = ['host', 'port', 'security', 'username', 'password', 'from']

export function mailServerRoutes(web: WebDeps) {
  const limit = createLimit({ tries: 30, withinMs: HOUR })
  const back = asAdmin(web, () => redirect(url(PLACE)))
  return cookieRoutes(web.deps, 'web/mail-server')
    .get('/instance/mail-server', back)
    .post(
      '/instance/mail-server',
      asAdmin(web, (context) => save(web, context)),
      FORM,
    )
    .post(
      '/instance/mail-server/remove',
      asAdmin(web, (context) => remove(web, context)),
      FORM,
    )
    .get('/instance/mail-server/test', back)
    .post(
      '/instance/mail-server/test',
      asAdmin(web, async (context) => {
        const test = await runTest(web, { context, limit })
        return page(<MailTestPage context={frameOf(context)} test={test} />)
      }),
      FORM,
    )
    .post(
      '/instance/mail-server/test/outcome',
      asAdmin(web, async (context) => {
        const test = await runTest(web, { context, limit })
        return partial(typeof test === 'string' ? <MailTestRefused text={test} /> : <MailTestOutcome test={test} />)
      }),
      FORM,
    )
}

async function save(web: WebDeps, context: SignedInRequest): Promise<Response> {
  const { deps } = web
  const { form, user } = context
  const input = Object.fromEntries(FIELDS.map((name) => [name, form.text(name)]))
  return await orRerender(
    deps,
    () => {
      saveMailServer(deps, input)
      const { host = '', port = '', security = '' } = input
      deps.log.info('Mail server changed', { host: host.trim(), port, security, user: user.id })
      return redirect(url(PLACE), 'mail-server-saved')
    },
    (error) => {
      // A password is never sent back.
      const again = { form: { values: { ...input, password: '' }, problems: error.fields }, problem: problemOf(error) }
      return showInstance(web, { context, mailForm: again })
    },
  )
}

function remove({ deps }: WebDeps, { user }: SignedInRequest): Response {
  removeMailServer(deps)
  deps.log.info('Mail server removed', { user: user.id })
  return redirect(url(PLACE), 'mail-server-removed')
}

const REFUSALS = ['too_many', 'conflict', 'invalid']

interface TestRequest {
  context: SignedInRequest
  limit: Limit
}

/** A sentence if the test did not start. */
async function runTest({ deps }: WebDeps, { context, limit }: TestRequest): Promise<MailTestView | string> {
  const { form, user } = context
  try {
    await limit.take(user.id)
    return await testMailServer(deps, { to: form.text('to') || user.email })
  } catch (error) {
    if (error instanceof AppError && REFUSALS.includes(error.code)) return error.message
    throw error
  }
}
