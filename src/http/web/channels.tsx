import {
  channelFingerprint,
  createChannel,
  deleteChannel,
  lacksMailServer,
  setChannelDisabled,
  testChannel,
  updateChannel,
} from '#actions/channels.ts'
import { mustVerify, requireProvenAddress } from '#actions/mailed-links.ts'
import { CHANNEL_KINDS, channelTitle, findKind, kindLabel, summaryOf } from '#channels/index.ts'
import { type ChannelKind, changedSettings } from '#channels/kind.ts'
import type { ChannelReport, SettingsInput } from '#domain/channel.ts'
import { may, type Permission } from '#domain/project.ts'
import { type Form, orRerender, problemOf } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { inProject, type ProjectRequest, projectOf, signedIn, type WebDeps } from '#http/guards.ts'
import { peerOf } from '#http/peer.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { AppError } from '#lib/errors.ts'
import { findChannelReport, listChannelReports, listMonitorsOfChannel } from '#store/channels.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import { type ChannelView, TestOutcome, type TestResult } from '#views/components/channel.tsx'
import { type FormState, freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { CONFIRMED_FIELD } from '#views/layouts/confirmation.tsx'
import { ChannelDeletionPage, ChannelPage } from '#views/pages/channel.tsx'
import { ChannelDisablePage } from '#views/pages/channel-disable.tsx'
import { ChannelKindsPage, NewChannelPage, removalField, settingField } from '#views/pages/channel-form.tsx'
import { ChannelsPage, ChannelTestPage } from '#views/pages/channels.tsx'

const FORM = { parse: 'none' } as const

export function channelPageRoutes(web: WebDeps) {
  const operate = (answer: (context: ChannelRequest) => Response | Promise<Response>) =>
    onChannel(web, 'operate', answer)
  return cookieRoutes(web.deps, 'web/channels')
    .get(
      '/projects/:project/channels',
      inProject(web, 'look', (context) => showChannels(web, context)),
    )
    .get(
      '/projects/:project/channels/new',
      inProject(web, 'operate', (context) => showNew(web, context)),
    )
    .post(
      '/projects/:project/channels',
      inProject(web, 'operate', (context) => create(web, context)),
      FORM,
    )
    .get(
      '/channels/:channel',
      onChannel(web, 'look', (context) => showChannel(web, { context, again: null })),
    )
    .post(
      '/channels/:channel',
      operate((context) => save(web, context)),
      FORM,
    )
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

interface ChannelRequest extends ProjectRequest {
  report: ChannelReport
}

/** Guards a route with `:channel`, for members of the channel's project with this permission. */
function onChannel(
  web: WebDeps,
  permission: Permission,
  answer: (context: ChannelRequest) => Response | Promise<Response>,
) {
  return signedIn(web, (context) => {
    const report = findChannelReport(web.deps.db, context.params.channel ?? '')
    // A missing channel and another user's channel get the same error, so that the error doesn't reveal which exist.
    const project = projectOf(web, { context, projectId: report?.channel.projectId ?? '', permission })
    if (report === null) throw new AppError('not_found', 'Channel not found.')
    return answer({ ...context, project, report })
  })
}

function showChannels({ deps }: WebDeps, context: ProjectRequest): Response {
  const reports = listChannelReports(deps.db, context.project.id)
  return page(
    <ChannelsPage
      context={frameOf(context)}
      project={context.project}
      reading={readingOf(context)}
      channels={reports.map((report) => viewOf(deps, report))}
      mustConfirm={mustVerify(deps, context.user)}
      lacksMailServer={reports.some(({ channel }) => lacksMailServer(deps, findKind(channel.kind)))}
    />,
  )
}

function showNew(web: WebDeps, context: ProjectRequest): Response {
  requireProvenAddress(web.deps, context.user)
  const kind = findKind(context.query.get('kind') ?? '')
  if (kind === null) return chooseKind(context)
  const initial = Object.fromEntries(kind.fields.map(({ name, initial = '' }) => [settingField(name), initial]))
  const values = { ...initial, notifiesGaps: 'on', isForAll: 'on' }
  return newForm(web, { context, kind, form: freshForm(values), problem: null })
}

function chooseKind(context: ProjectRequest, status = 200): Response {
  return page(<ChannelKindsPage context={frameOf(context)} project={context.project} kinds={CHANNEL_KINDS} />, status)
}

interface NewForm {
  context: ProjectRequest
  kind: ChannelKind
  form: FormState
  problem: string | null
  status?: number
}

function newForm({ deps }: WebDeps, { context, kind, form, problem, status = 200 }: NewForm): Response {
  return page(
    <NewChannelPage
      context={frameOf(context)}
      project={context.project}
      kind={kind}
      form={form}
      problem={problem}
      monitors={countMonitorsOfProject(deps.db, context.project.id)}
      lacksMailServer={lacksMailServer(deps, kind)}
    />,
    status,
  )
}

async function create(web: WebDeps, context: ProjectRequest): Promise<Response> {
  requireProvenAddress(web.deps, context.user)
  const { form } = context
  const kind = findKind(form.text('kind'))
  if (kind === null) return chooseKind(context, 422)
  const { project } = context
  return await orRerender(
    web.deps,
    () => {
      const settings = changedSettings(kind, {}, settingsIn(form, kind))
      createChannel(web.deps, {
        projectId: project.id,
        kind: kind.kind,
        name: form.text('name').trim(),
        settings,
        notifiesGaps: form.isTicked('notifiesGaps'),
        isForAll: form.isTicked('isForAll'),
      })
      return redirect(url(`/projects/${project.id}/channels`), 'channel-created')
    },
    (error) => newForm(web, { context, kind, ...typed({ form, kind, error }), status: 422 }),
  )
}

interface RetryState {
  form: FormState
  problem: string | null
}

function showChannel(
  { deps }: WebDeps,
  { context, again }: { context: ChannelRequest; again: RetryState | null },
): Response {
  const { report, project } = context
  const kind = findKind(report.channel.kind)
  const form = kind && may(project.role, 'operate') ? editForm(report, kind, again) : null
  return page(
    <ChannelPage
      context={frameOf(context)}
      project={project}
      reading={readingOf(context)}
      channel={viewOf(deps, report)}
      monitors={listMonitorsOfChannel(deps.db, report.channel.id)}
      form={form}
      lacksMailServer={lacksMailServer(deps, kind)}
    />,
    again ? 422 : 200,
  )
}

function editForm({ channel }: ChannelReport, kind: ChannelKind, again: RetryState | null) {
  const stored = channel.settings as Record<string, unknown>
  const isSecret = (name: string): boolean =>
    kind.fields.some((field) => field.name === name && field.type === 'secret')
  const shown = Object.entries(stored).filter(([name]) => !isSecret(name))
  const values = Object.fromEntries(shown.map(([name, value]) => [settingField(name), String(value)]))
  const ticks: Record<string, string> = channel.notifiesGaps ? { notifiesGaps: 'on' } : {}
  const { form, problem } = again ?? {
    form: freshForm({ ...values, ...ticks, name: channel.name, [SEEN_FIELD]: channelFingerprint(channel) }),
    problem: null,
  }
  const storedSecrets = Object.keys(stored).filter((name) => isSecret(name) && stored[name] !== '')
  return { kind, form, problem, storedSecrets }
}

async function save(web: WebDeps, context: ChannelRequest): Promise<Response> {
  requireProvenAddress(web.deps, context.user)
  const { form } = context
  const { channel } = context.report
  const kind = findKind(channel.kind)
  if (kind === null) throw new AppError('conflict', 'This kind of channel is no longer supported.')
  return await orRerender(
    web.deps,
    () => {
      updateChannel(web.deps, {
        ref: refOf(context),
        name: form.text('name').trim(),
        input: settingsIn(form, kind),
        notifiesGaps: form.isTicked('notifiesGaps'),
        seen: form.text(SEEN_FIELD) || undefined,
      })
      return redirect(url(`/channels/${channel.id}`), 'channel-saved')
    },
    (error) => showChannel(web, { context, again: outdated(web, context, typed({ form, kind, error }), error) }),
  )
}

// Submitting the form again overwrites the changes of other users.
function outdated(
  { deps: { db } }: WebDeps,
  { report }: ChannelRequest,
  again: RetryState,
  error: AppError,
): RetryState {
  if (error.code !== 'conflict') return again
  const current = findChannelReport(db, report.channel.id)?.channel ?? report.channel
  return {
    ...again,
    form: { ...again.form, values: { ...again.form.values, [SEEN_FIELD]: channelFingerprint(current) } },
  }
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

const REFUSALS = ['too_many', 'forbidden']

// A second test while one is running isn't an error of the page, so the message is shown in place of the test's result.
async function sendTest(web: WebDeps, context: ChannelRequest): Promise<TestResult> {
  try {
    requireProvenAddress(web.deps, context.user)
    const { channel } = context.report
    await web.messageLimits.tests.take({ asker: context.user.id, address: peerOf(context.request), channel })
    return await testChannel(web.deps, refOf(context))
  } catch (error) {
    if (error instanceof AppError && REFUSALS.includes(error.code)) return { result: 'refused', detail: error.message }
    throw error
  }
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
  const givenUp = setChannelDisabled(deps, { ...refOf(context), isDisabled })
  if (givenUp > 0) return redirect(path, `channel-silenced.${givenUp}`)
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

function viewOf(deps: WebDeps['deps'], report: ChannelReport): ChannelView {
  const { channel } = report
  return {
    ...report,
    title: channelTitle(channel),
    kindLabel: kindLabel(channel.kind),
    summary: summaryOf(channel),
    lacksMailServer: lacksMailServer(deps, findKind(channel.kind)),
  }
}

function settingsIn(form: Form, { fields }: ChannelKind): SettingsInput {
  const given = Object.fromEntries(fields.map(({ name }) => [name, form.text(settingField(name))]))
  return { given, removed: fields.map(({ name }) => name).filter((name) => form.isTicked(removalField(name))) }
}

// Errors of a setting are shown at its field, other errors above the form. A secret is never sent back to the browser.
function typed({ form, kind, error }: { form: Form; kind: ChannelKind; error: AppError }): RetryState {
  const secrets = kind.fields.filter(({ type }) => type === 'secret').map(({ name }) => settingField(name))
  const values = Object.fromEntries(Object.entries(form.values).filter(([name]) => !secrets.includes(name)))
  const settings = kind.fields.map(({ name }) => name)
  const problems = Object.fromEntries(
    Object.entries(error.fields).map(([name, text]) => [settings.includes(name) ? settingField(name) : name, text]),
  )
  return { form: { values, problems }, problem: problemOf(error) }
}

function refOf({ report: { channel } }: ChannelRequest): { projectId: string; channelId: string } {
  return { projectId: channel.projectId, channelId: channel.id }
}
