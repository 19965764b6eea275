import { Elysia } from 'elysia'
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
import { type Form, orAgain, problemOf } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, inProject, type ProjectVisit, projectOf, signedIn } from '#http/guards.ts'
import { peerOf } from '#http/peer.ts'
import { page, partial, redirect } from '#http/respond.tsx'
import { AppError } from '#lib/errors.ts'
import { findChannelReport, listChannelReports, listMonitorsOfChannel } from '#store/channels.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import { type ChannelView, TestOutcome, type TestResult } from '#views/components/channel.tsx'
import { type FormState, freshForm, SEEN_FIELD } from '#views/components/field.tsx'
import { ChannelDeletionPage, ChannelPage } from '#views/pages/channel.tsx'
import { ChannelDisablePage, CONFIRMED_FIELD } from '#views/pages/channel-disable.tsx'
import { ChannelKindsPage, NewChannelPage, removalField, settingField } from '#views/pages/channel-form.tsx'
import { ChannelsPage, ChannelTestPage } from '#views/pages/channels.tsx'

const FORM = { parse: 'none' } as const

export function channelPageRoutes(house: House) {
  const operate = (answer: (visit: ChannelVisit) => Response | Promise<Response>) => onChannel(house, 'operate', answer)
  return new Elysia({ name: 'web/channels' })
    .get(
      '/projects/:project/channels',
      inProject(house, 'look', (visit) => showChannels(house, visit)),
    )
    .get(
      '/projects/:project/channels/new',
      inProject(house, 'operate', (visit) => showNew(house, visit)),
    )
    .post(
      '/projects/:project/channels',
      inProject(house, 'operate', (visit) => create(house, visit)),
      FORM,
    )
    .get(
      '/channels/:channel',
      onChannel(house, 'look', (visit) => showChannel(house, { visit, again: null })),
    )
    .post(
      '/channels/:channel',
      operate((visit) => save(house, visit)),
      FORM,
    )
    .get(
      '/channels/:channel/test',
      onChannel(house, 'look', ({ report }) => redirect(`/channels/${report.channel.id}`)),
    )
    .post(
      '/channels/:channel/test',
      operate((visit) => showTest(house, visit)),
      FORM,
    )
    .post(
      '/channels/:channel/test/outcome',
      operate(async (visit) => partial(<TestOutcome outcome={await sendTest(house, visit)} />)),
      FORM,
    )
    .get(
      '/channels/:channel/disable',
      operate((visit) => askBeforeDisabling(house, visit)),
    )
    .post(
      '/channels/:channel/disable',
      operate((visit) => disable(house, visit)),
      FORM,
    )
    .post(
      '/channels/:channel/enable',
      operate((visit) => switchTo(house, { visit, isDisabled: false })),
      FORM,
    )
    .get(
      '/channels/:channel/delete',
      operate((visit) => showDeletion(house, visit)),
    )
    .post(
      '/channels/:channel/delete',
      operate((visit) => remove(house, visit)),
      FORM,
    )
}

interface ChannelVisit extends ProjectVisit {
  report: ChannelReport
}

/** For a member of the project that the channel `:channel` is of. */
function onChannel(
  house: House,
  permission: Permission,
  answer: (visit: ChannelVisit) => Response | Promise<Response>,
) {
  return signedIn(house, (visit) => {
    const report = findChannelReport(house.deps.db, visit.params.channel ?? '')
    // One refusal for what is not there and for what is another's: nobody learns which it is.
    const project = projectOf(house, { visit, projectId: report?.channel.projectId ?? '', permission })
    if (report === null) throw new AppError('not_found', 'There is no such channel.')
    return answer({ ...visit, project, report })
  })
}

function showChannels({ deps }: House, visit: ProjectVisit): Response {
  const reports = listChannelReports(deps.db, visit.project.id)
  return page(
    <ChannelsPage
      visit={frameOf(visit)}
      project={visit.project}
      reading={readingOf(visit)}
      channels={reports.map((report) => viewOf(deps, report))}
      mustConfirm={mustVerify(deps, visit.user)}
      lacksMailServer={reports.some(({ channel }) => lacksMailServer(deps, findKind(channel.kind)))}
    />,
  )
}

function showNew(house: House, visit: ProjectVisit): Response {
  requireProvenAddress(house.deps, visit.user)
  const kind = findKind(visit.query.get('kind') ?? '')
  if (kind === null) return chooseKind(visit)
  return newForm(house, { visit, kind, form: freshForm({ tellsBlackouts: 'on', isForAll: 'on' }), problem: null })
}

function chooseKind(visit: ProjectVisit, status = 200): Response {
  return page(<ChannelKindsPage visit={frameOf(visit)} project={visit.project} kinds={CHANNEL_KINDS} />, status)
}

interface NewForm {
  visit: ProjectVisit
  kind: ChannelKind
  form: FormState
  problem: string | null
  status?: number
}

function newForm({ deps }: House, { visit, kind, form, problem, status = 200 }: NewForm): Response {
  return page(
    <NewChannelPage
      visit={frameOf(visit)}
      project={visit.project}
      kind={kind}
      form={form}
      problem={problem}
      monitors={countMonitorsOfProject(deps.db, visit.project.id)}
      lacksMailServer={lacksMailServer(deps, kind)}
    />,
    status,
  )
}

async function create(house: House, visit: ProjectVisit): Promise<Response> {
  requireProvenAddress(house.deps, visit.user)
  const { form } = visit
  const kind = findKind(form.text('kind'))
  if (kind === null) return chooseKind(visit, 422)
  const { project } = visit
  return await orAgain(
    () => {
      const settings = changedSettings(kind, {}, settingsIn(form, kind))
      createChannel(house.deps, {
        projectId: project.id,
        kind: kind.kind,
        name: form.text('name').trim(),
        settings,
        tellsBlackouts: form.isTicked('tellsBlackouts'),
        isForAll: form.isTicked('isForAll'),
      })
      return redirect(`/projects/${project.id}/channels`, 'channel-created')
    },
    (error) => newForm(house, { visit, kind, ...typed({ form, kind, error }), status: 422 }),
  )
}

interface Again {
  form: FormState
  problem: string | null
}

function showChannel({ deps }: House, { visit, again }: { visit: ChannelVisit; again: Again | null }): Response {
  const { report, project } = visit
  const kind = findKind(report.channel.kind)
  const form = kind && may(project.role, 'operate') ? editForm(report, kind, again) : null
  return page(
    <ChannelPage
      visit={frameOf(visit)}
      project={project}
      reading={readingOf(visit)}
      channel={viewOf(deps, report)}
      monitors={listMonitorsOfChannel(deps.db, report.channel.id)}
      form={form}
      lacksMailServer={lacksMailServer(deps, kind)}
    />,
    again ? 422 : 200,
  )
}

function editForm({ channel }: ChannelReport, kind: ChannelKind, again: Again | null) {
  const stored = channel.settings as Record<string, unknown>
  const isSecret = (name: string): boolean =>
    kind.fields.some((field) => field.name === name && field.type === 'secret')
  const shown = Object.entries(stored).filter(([name]) => !isSecret(name))
  const values = Object.fromEntries(shown.map(([name, value]) => [settingField(name), String(value)]))
  const ticks: Record<string, string> = channel.tellsBlackouts ? { tellsBlackouts: 'on' } : {}
  const { form, problem } = again ?? {
    form: freshForm({ ...values, ...ticks, name: channel.name, [SEEN_FIELD]: channelFingerprint(channel) }),
    problem: null,
  }
  const storedSecrets = Object.keys(stored).filter((name) => isSecret(name) && stored[name] !== '')
  return { kind, form, problem, storedSecrets }
}

async function save(house: House, visit: ChannelVisit): Promise<Response> {
  requireProvenAddress(house.deps, visit.user)
  const { form } = visit
  const { channel } = visit.report
  const kind = findKind(channel.kind)
  if (kind === null) throw new AppError('conflict', 'Channels of this kind are not supported any more.')
  return await orAgain(
    () => {
      updateChannel(house.deps, {
        ref: refOf(visit),
        name: form.text('name').trim(),
        input: settingsIn(form, kind),
        tellsBlackouts: form.isTicked('tellsBlackouts'),
        seen: form.text(SEEN_FIELD) || undefined,
      })
      return redirect(`/channels/${channel.id}`, 'channel-saved')
    },
    (error) => showChannel(house, { visit, again: outdated(house, visit, typed({ form, kind, error }), error) }),
  )
}

// Sent again, the form wins over what others did before.
function outdated({ deps: { db } }: House, { report }: ChannelVisit, again: Again, error: AppError): Again {
  if (error.code !== 'conflict') return again
  const current = findChannelReport(db, report.channel.id)?.channel ?? report.channel
  return {
    ...again,
    form: { ...again.form, values: { ...again.form.values, [SEEN_FIELD]: channelFingerprint(current) } },
  }
}

async function showTest(house: House, visit: ChannelVisit): Promise<Response> {
  const outcome = await sendTest(house, visit)
  const { title, channel } = viewOf(house.deps, visit.report)
  return page(
    <ChannelTestPage
      visit={frameOf(visit)}
      project={visit.project}
      channel={{ id: channel.id, title }}
      outcome={outcome}
    />,
  )
}

const REFUSALS = ['too_many', 'forbidden']

// A second test while one is running is nothing that went wrong: it is said where the outcome is awaited.
async function sendTest(house: House, visit: ChannelVisit): Promise<TestResult> {
  try {
    requireProvenAddress(house.deps, visit.user)
    const { channel } = visit.report
    await house.messageLimits.tests.take({ asker: visit.user.id, address: peerOf(visit.request), channel })
    return await testChannel(house.deps, refOf(visit))
  } catch (error) {
    if (error instanceof AppError && REFUSALS.includes(error.code)) return { result: 'refused', detail: error.message }
    throw error
  }
}

// Messages that wait are discarded: whoever did not see how many there are is asked first.
function disable(house: House, visit: ChannelVisit): Response {
  const { channel, waiting } = visit.report
  const isConfirmed = visit.form.text(CONFIRMED_FIELD) !== ''
  if (waiting > 0 && channel.disabledAt === null && !isConfirmed) return redirect(`/channels/${channel.id}/disable`)
  return switchTo(house, { visit, isDisabled: true })
}

function askBeforeDisabling({ deps }: House, visit: ChannelVisit): Response {
  const { title, channel, waiting } = viewOf(deps, visit.report)
  if (waiting === 0 || channel.disabledAt !== null) return redirect(`/channels/${channel.id}`)
  return page(
    <ChannelDisablePage
      visit={frameOf(visit)}
      project={visit.project}
      channel={{ id: channel.id, title }}
      waiting={waiting}
    />,
  )
}

function switchTo({ deps }: House, { visit, isDisabled }: { visit: ChannelVisit; isDisabled: boolean }): Response {
  const path = `/projects/${visit.project.id}/channels`
  const givenUp = setChannelDisabled(deps, { ...refOf(visit), isDisabled })
  if (givenUp > 0) return redirect(path, `channel-silenced.${givenUp}`)
  return redirect(path, isDisabled ? 'channel-disabled' : 'channel-enabled')
}

function showDeletion(house: House, visit: ChannelVisit): Response {
  const { title, channel, monitors } = viewOf(house.deps, visit.report)
  return page(
    <ChannelDeletionPage
      visit={frameOf(visit)}
      project={visit.project}
      channel={{ id: channel.id, title }}
      monitors={monitors}
    />,
  )
}

function remove({ deps }: House, visit: ChannelVisit): Response {
  deleteChannel(deps, refOf(visit))
  return redirect(`/projects/${visit.project.id}/channels`, 'channel-deleted')
}

function viewOf(deps: House['deps'], report: ChannelReport): ChannelView {
  const { channel } = report
  return {
    ...report,
    title: channelTitle(channel),
    kindLabel: kindLabel(channel.kind),
    summary: summaryOf(channel),
    reachesNobody: lacksMailServer(deps, findKind(channel.kind)),
  }
}

function settingsIn(form: Form, { fields }: ChannelKind): SettingsInput {
  const given = Object.fromEntries(fields.map(({ name }) => [name, form.text(settingField(name))]))
  return { given, removed: fields.map(({ name }) => name).filter((name) => form.isTicked(removalField(name))) }
}

// The problem of a setting stands at its field, what is wrong with the whole above the form. A secret never comes back.
function typed({ form, kind, error }: { form: Form; kind: ChannelKind; error: AppError }): Again {
  const secrets = kind.fields.filter(({ type }) => type === 'secret').map(({ name }) => settingField(name))
  const values = Object.fromEntries(Object.entries(form.values).filter(([name]) => !secrets.includes(name)))
  const settings = kind.fields.map(({ name }) => name)
  const problems = Object.fromEntries(
    Object.entries(error.fields).map(([name, text]) => [settings.includes(name) ? settingField(name) : name, text]),
  )
  return { form: { values, problems }, problem: problemOf(error) }
}

function refOf({ report: { channel } }: ChannelVisit): { projectId: string; channelId: string } {
  return { projectId: channel.projectId, channelId: channel.id }
}
