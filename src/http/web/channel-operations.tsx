// Tests, confirms, disables, enables and deletes a channel.

import { deleteChannel, setChannelDisabled, testChannel, testedChannels } from '#actions/channels.ts'
import { requestConfirmation } from '#actions/confirmations.ts'
import { requireProvenAddress } from '#actions/mailed-links.ts'
import { isRecipient, unsubscribeMember } from '#actions/subscriptions.ts'
import { may } from '#domain/project.ts'
import { frameOf } from '#http/frame.ts'
import type { WebDeps } from '#http/guards.ts'
import { peerOf } from '#http/peer.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { AppError } from '#lib/errors.ts'
import { TestOutcome, type TestResult } from '#views/components/channel.tsx'
import { CONFIRMED_FIELD } from '#views/layouts/confirmation.tsx'
import { ChannelDeletionPage } from '#views/pages/channel.tsx'
import { ChannelDisablePage, ChannelUnsubscribePage } from '#views/pages/channel-disable.tsx'
import { ChannelTestPage } from '#views/pages/channels.tsx'
import { type ChannelRequest, onChannel, refOf, viewOf } from './channel-request.ts'

const FORM = { parse: 'none' } as const

export function channelOperationRoutes(web: WebDeps) {
  const operate = (answer: (context: ChannelRequest) => Response | Promise<Response>) =>
    onChannel(web, 'operate', answer)
  return cookieRoutes(web.deps, 'web/channel-operations')
    .get(
      '/channels/:channel/test',
      onChannel(web, 'look', ({ report }) => redirect(url(`/channels/${report.channel.id}`))),
    )
    .post(
      '/channels/:channel/test',
      operate((context) => showTest(web, context)),
      FORM,
    )
    .post(
      '/channels/:channel/test/outcome',
      operate(async (context) => partial(<TestOutcome outcome={await sendTest(web, context)} />)),
      FORM,
    )
    .post(
      '/channels/:channel/confirmation',
      operate((context) => requestAgain(web, context)),
      FORM,
    )
    .get(
      '/channels/:channel/unsubscribe',
      onChannel(web, 'look', (context) => showUnsubscribing(web, context)),
    )
    .post(
      '/channels/:channel/unsubscribe',
      onChannel(web, 'look', (context) => unsubscribe(web, context)),
      FORM,
    )
    .get(
      '/channels/:channel/disable',
      operate((context) => confirmDisabling(web, context)),
    )
    .post(
      '/channels/:channel/disable',
      operate((context) => disable(web, context)),
      FORM,
    )
    .post(
      '/channels/:channel/enable',
      operate((context) => setDisabled(web, { context, isDisabled: false })),
      FORM,
    )
    .get(
      '/channels/:channel/delete',
      operate((context) => showDeletion(web, context)),
    )
    .post(
      '/channels/:channel/delete',
      operate((context) => remove(web, context)),
      FORM,
    )
}

async function showTest(web: WebDeps, context: ChannelRequest): Promise<Response> {
  const outcome = await sendTest(web, context)
  const { title, channel } = viewOf(web.deps, context.report)
  return page(
    <ChannelTestPage
      context={frameOf(context)}
      project={context.project}
      channel={{ id: channel.id, title }}
      outcome={outcome}
    />,
  )
}

const REFUSALS = ['too_many', 'forbidden', 'conflict']

// A second test while one is running isn't an error of the page, so the message is shown in place of the test's result.
async function sendTest(web: WebDeps, context: ChannelRequest): Promise<TestResult> {
  try {
    requireProvenAddress(web.deps, context.user)
    const { channel } = context.report
    for (const one of testedChannels(web.deps, channel)) {
      await web.messageLimits.tests.take({ address: peerOf(context.request), channel: one })
    }
    return await testChannel(web.deps, { ...refOf(context), isByAdmin: context.user.isAdmin })
  } catch (error) {
    if (error instanceof AppError && REFUSALS.includes(error.code)) return { result: 'refused', detail: error.message }
    throw error
  }
}

function requestAgain({ deps }: WebDeps, { report, user }: ChannelRequest): Response {
  requireProvenAddress(deps, user)
  requestConfirmation(deps, report.channel)
  return redirect(url(`/channels/${report.channel.id}`), 'confirmation-requested')
}

// A viewer may not disable a channel, but may stop the emails to their own address.
function showUnsubscribing({ deps }: WebDeps, context: ChannelRequest): Response {
  const { title, channel } = viewOf(deps, context.report)
  if (!mayUnsubscribe(context) || channel.disabledAt !== null) return redirect(url(`/channels/${channel.id}`))
  return page(
    <ChannelUnsubscribePage
      context={frameOf(context)}
      project={context.project}
      channel={{ id: channel.id, title }}
      address={context.user.email}
    />,
  )
}

function unsubscribe({ deps }: WebDeps, context: ChannelRequest): Response {
  const { channel } = context.report
  const isTheirs = mayUnsubscribe(context)
  if (isTheirs) unsubscribeMember(deps, { channel, email: context.user.email })
  return redirect(url(`/channels/${channel.id}`), isTheirs ? 'channel-unsubscribed' : undefined)
}

/** Others may see the channel if they may disable it. */
function mayUnsubscribe({ user, report: { channel }, project }: ChannelRequest): boolean {
  if (isRecipient(channel, user.email)) return true
  if (may(project.role, 'operate')) return false
  throw new AppError('forbidden', 'This channel sends to another address.')
}

// Disabling discards queued notifications. If the form didn't show how many there are, the user must confirm first.
function disable(web: WebDeps, context: ChannelRequest): Response {
  const { channel, waiting } = context.report
  const isConfirmed = context.form.text(CONFIRMED_FIELD) !== ''
  if (waiting > 0 && channel.disabledAt === null && !isConfirmed)
    return redirect(url(`/channels/${channel.id}/disable`))
  return setDisabled(web, { context, isDisabled: true })
}

function confirmDisabling({ deps }: WebDeps, context: ChannelRequest): Response {
  const { title, channel, waiting } = viewOf(deps, context.report)
  if (waiting === 0 || channel.disabledAt !== null) return redirect(url(`/channels/${channel.id}`))
  return page(
    <ChannelDisablePage
      context={frameOf(context)}
      project={context.project}
      channel={{ id: channel.id, title }}
      waiting={waiting}
    />,
  )
}

function setDisabled(
  { deps }: WebDeps,
  { context, isDisabled }: { context: ChannelRequest; isDisabled: boolean },
): Response {
  const path = url(`/projects/${context.project.id}/channels`)
  const discarded = setChannelDisabled(deps, { ...refOf(context), isDisabled })
  if (discarded > 0) return redirect(path, `channel-disabled-with-pending.${discarded}`)
  return redirect(path, isDisabled ? 'channel-disabled' : 'channel-enabled')
}

function showDeletion(web: WebDeps, context: ChannelRequest): Response {
  const { title, channel, monitors } = viewOf(web.deps, context.report)
  return page(
    <ChannelDeletionPage
      context={frameOf(context)}
      project={context.project}
      channel={{ id: channel.id, title }}
      monitors={monitors}
    />,
  )
}

function remove({ deps }: WebDeps, context: ChannelRequest): Response {
  deleteChannel(deps, refOf(context))
  return redirect(url(`/projects/${context.project.id}/channels`), 'channel-deleted')
}
