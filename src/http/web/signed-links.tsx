// The pages of links in messages. Mail scanners and link previews open links, so GET only shows a button, and POST
// acts. The token is the permission: no cookie is read, and the page of another site can't know it.
import { confirmByLink, readConfirmLink } from '#actions/confirmations.ts'
import { acknowledgeByLink, readAcknowledgeLink, readSnoozeLink, snoozeByLink } from '#actions/incident-links.ts'
import {
  channelOfResubscribeLink,
  readResubscribeLink,
  readUnsubscribeLink,
  resubscribeByLink,
  unsubscribeByLink,
} from '#actions/subscriptions.ts'
import type { Deps } from '#deps.ts'
import { LINK_SNOOZE_LENGTHS } from '#domain/snooze.ts'
import { readForm } from '#http/forms.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { page } from '#http/respond.tsx'
import { cookielessRoutes } from '#http/routes.ts'
import type { Markup } from '#jsx/jsx-runtime'
import { withBasePath } from '#lib/base-path.ts'
import { DAY } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import {
  AcknowledgePage,
  ConfirmAddressPage,
  InvalidLinkPage,
  ResubscribePage,
  SnoozePage,
  SubscribedPage,
  UnsubscribePage,
} from '#views/pages/signed-link.tsx'

/** Each time, the owners get an email and the other channels a notification. */
const RESUBSCRIPTIONS_A_DAY = 5

export function signedLinkRoutes(deps: Deps) {
  const resubscriptions = createLimit({ tries: RESUBSCRIPTIONS_A_DAY, withinMs: DAY })
  return cookielessRoutes('web/signed-links', 'page')
    .get(
      '/acknowledge/:token',
      linkPage(deps, (token) => <AcknowledgePage token={token} {...readAcknowledgeLink(deps, token)} />),
    )
    .post(
      '/acknowledge/:token',
      linkPage(deps, (token) => <AcknowledgePage token={token} {...acknowledgeByLink(deps, token)} />),
      { parse: 'none' },
    )
    .get(
      '/snooze/:token',
      linkPage(deps, (token) => <SnoozePage token={token} {...readSnoozeLink(deps, token)} />),
    )
    .post('/snooze/:token', (context: LinkContext) => snoozeFrom(deps, context), { parse: 'none' })
    .get(
      '/confirm-address/:token',
      linkPage(deps, (token) => <ConfirmAddressPage token={token} {...readConfirmLink(deps, token)} />),
    )
    .post(
      '/confirm-address/:token',
      linkPage(deps, (token) => <ConfirmAddressPage token={token} {...confirmByLink(deps, token)} />),
      { parse: 'none' },
    )
    .get(
      '/unsubscribe/:token',
      linkPage(deps, (token) => <UnsubscribePage token={token} {...readUnsubscribeLink(deps, token)} />),
    )
    .post(
      '/unsubscribe/:token',
      linkPage(deps, (token) => <UnsubscribePage token={token} {...unsubscribeByLink(deps, token)} />),
      { parse: 'none' },
    )
    .get(
      '/resubscribe/:token',
      linkPage(deps, (token) => <ResubscribePage token={token} {...readResubscribeLink(deps, token)} />),
    )
    .post('/resubscribe/:token', (context: LinkContext) => resubscribeFrom(deps, context, resubscriptions), {
      parse: 'none',
    })
}

async function resubscribeFrom(deps: Deps, context: LinkContext, limit: Limit): Promise<Response> {
  const channelId = channelOfResubscribeLink(deps, context.params.token)
  if (channelId !== null) await limit.take(channelId)
  return linkPage(deps, (token) => <SubscribedPage {...resubscribeByLink(deps, token)} />)(context)
}

// Without a form, no length is sent.
async function snoozeFrom(deps: Deps, context: LinkContext): Promise<Response> {
  const chosen = (await readForm(context.request)).text('length')
  const length = LINK_SNOOZE_LENGTHS.find((known) => known === chosen) ?? '1h'
  return linkPage(deps, (token) => <SnoozePage token={token} {...snoozeByLink(deps, token, length)} />)(context)
}

interface LinkContext {
  request: Request
  params: { token: string }
}

function linkPage({ db, config: { basePath } }: Deps, show: (token: string) => Markup) {
  return ({ request, params: { token } }: LinkContext): Response =>
    withBasePath(basePath, () => {
      try {
        return unreferred(page(request.method === 'POST' ? show(token) : db.read(() => show(token))))
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'not_found') throw error
        return unreferred(page(<InvalidLinkPage message={error.message} />, 404))
      }
    })
}

// The URL contains the token, so no link on the page may carry it to another site.
function unreferred(response: Response): Response {
  response.headers.set('Referrer-Policy', 'no-referrer')
  return response
}
