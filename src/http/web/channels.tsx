import type { Draft } from '#actions/channel-drafts.ts'
import {
  channelFingerprint,
  createChannel,
  lacksMailServer,
  unusableReasonOf,
  updateChannel,
} from '#actions/channels.ts'
import { awaitsConfirmation } from '#actions/confirmations.ts'
import { mustVerify, requireProvenAddress } from '#actions/mailed-links.ts'
import { mayManage } from '#actions/program-channels.ts'
import { findKind } from '#channels/index.ts'
import { type ChannelKind, changedSettings } from '#channels/kind.ts'
import type { Channel, MonitorChoice } from '#domain/channel.ts'
import { DEFAULT_RULES } from '#domain/channel-rules.ts'
import { may } from '#domain/project.ts'
import { type Form, orRerender, problemOf } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { inProject, type ProjectRequest, type WebDeps } from '#http/guards.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { AppError } from '#lib/errors.ts'
import { findChannelReport, listChannelReports, listChannels, listMonitorsOfChannel } from '#store/channels.ts'
import { type FormState, freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import type { MonitorChoiceProps } from '#views/components/monitor-choice.tsx'
import { ChannelPage } from '#views/pages/channel.tsx'
import { NewChannelPage, settingField } from '#views/pages/channel-form.tsx'
import { ChannelKindsPage } from '#views/pages/channel-kinds.tsx'
import { ChannelsPage } from '#views/pages/channels.tsx'
import { settingsIn, textOf } from './channel-input.ts'
import { newChoice, readChoice, storedChoice, submittedChoice } from './channel-monitors.ts'
import { previewOf } from './channel-preview.ts'
import { type ChannelRequest, onChannel, refOf, viewOf } from './channel-request.ts'
import { rulesIn, ruleValues } from './channel-rules.ts'
import { kindsFor, shownKind } from './shown-kind.ts'

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
}

function showChannels({ deps }: WebDeps, context: ProjectRequest): Response {
  const all = listChannelReports(deps.db, context.project.id)
  const reports = all.filter(({ channel }) => mayManage(channel.kind, context.user.isAdmin))
  return page(
    <ChannelsPage
      context={frameOf(context)}
      project={context.project}
      reading={readingOf(context)}
      channels={reports.map((report) => viewOf(deps, report))}
      mustConfirm={mustVerify(deps, context.user)}
      hidden={all.length - reports.length}
      lacksMailServer={reports.some(({ channel }) => lacksMailServer(deps, findKind(channel.kind)))}
    />,
  )
}

function showNew(web: WebDeps, context: ProjectRequest): Response {
  requireProvenAddress(web.deps, context.user)
  const kind = kindFor(web, context, context.query.get('kind') ?? '')
  if (kind === null) return chooseKind(web, context)
  const { db } = web.deps
  // A channel that can't send, like that of the first account without a mail server, doesn't count.
  const isFirst = listChannels(db, context.project.id).every((channel) => unusableReasonOf(web.deps, channel) !== null)
  const choice = newChoice(db, { projectId: context.project.id, isFirst })
  const preset = kind.presets?.[Number(context.query.get('preset') ?? '')]?.settings ?? {}
  const initial = kind.fields.map(({ name, initial = '' }) => [settingField(name), preset[name] ?? initial] as const)
  const rules = ruleValues(DEFAULT_RULES, context.user.timeZone)
  const form = freshForm({ ...Object.fromEntries(initial), ...rules, notifiesGaps: 'on' })
  return newForm(web, { context, kind, form, choice, problem: null })
}

function kindFor({ deps }: WebDeps, { user }: ProjectRequest, name: string): ChannelKind | null {
  return kindsFor(deps, user).find(({ kind }) => kind === name) ?? null
}

function chooseKind({ deps }: WebDeps, context: ProjectRequest, status = 200): Response {
  const kinds = kindsFor(deps, context.user)
  return page(<ChannelKindsPage context={frameOf(context)} project={context.project} kinds={kinds} />, status)
}

interface NewForm {
  context: ProjectRequest
  kind: ChannelKind
  form: FormState
  choice: MonitorChoiceProps
  problem: string | null
  status?: number
}

function newForm(
  { deps, channelGuides }: WebDeps,
  { context, kind, form, choice, problem, status = 200 }: NewForm,
): Response {
  return page(
    <NewChannelPage
      context={frameOf(context)}
      project={context.project}
      kind={shownKind(deps, { kind, projectId: context.project.id })}
      form={form}
      problem={problem}
      choice={choice}
      preview={previewOf(deps, context, newDraft(context, kind, form))}
      lacksMailServer={lacksMailServer(deps, kind)}
      guide={kind.guide === null ? null : channelGuides(kind.guide)}
    />,
    status,
  )
}

async function create(web: WebDeps, context: ProjectRequest): Promise<Response> {
  requireProvenAddress(web.deps, context.user)
  const { form } = context
  const kind = kindFor(web, context, form.text('kind'))
  if (kind === null) return chooseKind(web, context, 422)
  const { project } = context
  return await orRerender(
    web.deps,
    () => {
      const settings = changedSettings(kind, {}, settingsIn(form, kind))
      const channel = createChannel(web.deps, {
        projectId: project.id,
        kind: kind.kind,
        name: form.text('name').trim(),
        settings,
        notifiesGaps: form.isTicked('notifiesGaps'),
        rules: rulesIn(form),
        monitors: readChoice(web.deps.db, { form }) ?? NO_MONITORS,
        isByAdmin: context.user.isAdmin,
      })
      const isWaiting = awaitsConfirmation(web.deps, channel)
      return redirect(url(`/projects/${project.id}/channels`), isWaiting ? 'channel-unconfirmed' : 'channel-created')
    },
    (error) => {
      const choice = submittedChoice(web.deps.db, { projectId: project.id, form })
      return newForm(web, { context, kind, choice, ...typed({ form, kind, error }), status: 422 })
    },
  )
}

function newDraft({ project, user }: ProjectRequest, kind: ChannelKind, { values }: FormState): Draft {
  const given = Object.fromEntries(kind.fields.map(({ name }) => [name, values[settingField(name)] ?? '']))
  return {
    projectId: project.id,
    kind: kind.kind,
    channelId: null,
    input: { given, removed: [] },
    isByAdmin: user.isAdmin,
  }
}

function storedDraft({ user }: ProjectRequest, { id, projectId, kind }: Channel): Draft {
  return { projectId, kind, channelId: id, input: { given: {}, removed: [] }, isByAdmin: user.isAdmin }
}

const NO_MONITORS: MonitorChoice = { is: 'these', monitorIds: [] }

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
  const form = kind && may(project.role, 'operate') ? editForm(deps, { context, kind, again }) : null
  return page(
    <ChannelPage
      context={frameOf(context)}
      project={project}
      reading={readingOf(context)}
      channel={viewOf(deps, report)}
      monitors={listMonitorsOfChannel(deps.db, report.channel.id)}
      form={form}
      preview={form && previewOf(deps, context, storedDraft(context, report.channel))}
      lacksMailServer={lacksMailServer(deps, kind)}
    />,
    again ? 422 : 200,
  )
}

interface Editing {
  context: ChannelRequest
  kind: ChannelKind
  again: RetryState | null
}

function editForm(deps: WebDeps['deps'], { context: { report, user, form: submitted }, kind, again }: Editing) {
  const { channel } = report
  const { db } = deps
  const stored = channel.settings as Record<string, unknown>
  const isSecret = (name: string): boolean =>
    kind.fields.some((field) => field.name === name && field.type === 'secret')
  const shown = kind.fields.filter(({ type }) => type !== 'secret')
  const values = Object.fromEntries(
    shown.map(({ name, type, initial = '', concealing }) => {
      // A choice that isn't stored has its default.
      const text = String(stored[name] ?? (type === 'choice' ? initial : ''))
      return [settingField(name), concealing?.show(text) ?? text]
    }),
  )
  const rules = ruleValues(channel.rules, user.timeZone)
  const ticks: Record<string, string> = channel.notifiesGaps ? { notifiesGaps: 'on' } : {}
  const { form, problem } = again ?? {
    form: freshForm({
      ...values,
      ...rules,
      ...ticks,
      name: channel.name,
      [SEEN_FIELD]: channelFingerprint(db, channel),
    }),
    problem: null,
  }
  const storedSecrets = Object.keys(stored).filter((name) => isSecret(name) && stored[name] !== '')
  const choice = again
    ? submittedChoice(db, { projectId: channel.projectId, form: submitted })
    : storedChoice(db, channel)
  return { kind: shownKind(deps, { kind, projectId: channel.projectId }), form, problem, storedSecrets, choice }
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
        rules: rulesIn(form),
        monitors: readChoice(web.deps.db, { form, channel }),
        seen: form.text(SEEN_FIELD) || undefined,
        isByAdmin: context.user.isAdmin,
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
    form: { ...again.form, values: { ...again.form.values, [SEEN_FIELD]: channelFingerprint(db, current) } },
  }
}

// Errors of a setting are shown at its field, other errors above the form. A secret is never sent back to the browser.
function typed({ form, kind, error }: { form: Form; kind: ChannelKind; error: AppError }): RetryState {
  const secrets = kind.fields.filter(({ type }) => type === 'secret').map(({ name }) => settingField(name))
  const values = Object.fromEntries(Object.entries(form.values).filter(([name]) => !secrets.includes(name)))
  const ticked = kind.fields.filter(({ type }) => type === 'channels')
  for (const field of ticked) values[settingField(field.name)] = textOf(form, field)
  const settings = kind.fields.map(({ name }) => name)
  const problems = Object.fromEntries(
    Object.entries(error.fields).map(([name, text]) => [settings.includes(name) ? settingField(name) : name, text]),
  )
  return { form: { values, problems }, problem: problemOf(error) }
}
