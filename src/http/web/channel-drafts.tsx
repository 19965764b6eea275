// Tries a channel before it is saved.
import { type Draft, prepareSearch, readDraft, testDraft } from '#actions/channel-drafts.ts'
import { requireProvenAddress } from '#actions/mailed-links.ts'
import { findKind } from '#channels/index.ts'
import { inProject, type ProjectRequest, type WebDeps } from '#http/guards.ts'
import { peerOf } from '#http/peer.ts'
import { partial } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { TestOutcome, type TestResult } from '#views/components/channel.tsx'
import { SetupChoices } from '#views/components/channel-draft.tsx'
import { MessagePreview, NoPreview } from '#views/components/message-preview.tsx'
import { settingField } from '#views/pages/channel-form.tsx'
import { settingsIn } from './channel-input.ts'
import { previewOf } from './channel-preview.ts'

const FORM = { parse: 'none' } as const

export function channelDraftRoutes(web: WebDeps) {
  const on = (answer: (context: ProjectRequest) => Response | Promise<Response>) => inProject(web, 'operate', answer)
  return cookieRoutes(web.deps, 'web/channel-drafts')
    .post(
      '/projects/:project/channels/draft/test',
      on(async (context) => partial(<TestOutcome outcome={await sendTest(web, context)} />)),
      FORM,
    )
    .post(
      '/projects/:project/channels/draft/setup',
      on((context) => showChoices(web, context)),
      FORM,
    )
    .post(
      '/projects/:project/channels/draft/preview',
      on((context) => showPreview(web, context)),
      FORM,
    )
}

function draftIn({ form, project, user }: ProjectRequest): Draft {
  const kind = findKind(form.text('kind'))
  if (kind === null) throw new AppError('conflict', 'This kind of channel is no longer supported.')
  const channelId = form.text('channel') || null
  return { projectId: project.id, kind: kind.kind, channelId, input: settingsIn(form, kind), isByAdmin: user.isAdmin }
}

// A preview renders templates, so their number is limited.
async function showPreview(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const draft = draftIn(context)
  try {
    await web.messageLimits.previews.take(context.user.id)
  } catch (error) {
    return partial(<NoPreview problem={refusalOf(error, draft)} />)
  }
  return partial(<MessagePreview {...previewOf(web.deps, context, draft)} />)
}

const REFUSALS = ['too_many', 'forbidden', 'conflict', 'invalid']

async function sendTest(web: WebDeps, context: ProjectRequest): Promise<TestResult> {
  const draft = draftIn(context)
  try {
    requireProvenAddress(web.deps, context.user)
    const channel = readDraft(web.deps, draft)
    await takeTest(web, { context, draft, settings: channel.settings })
    return await testDraft(web.deps, channel)
  } catch (error) {
    return { result: 'refused', detail: refusalOf(error, draft) }
  }
}

async function showChoices(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const draft = draftIn(context)
  const field = settingField(findKind(draft.kind)?.setup?.field ?? '')
  try {
    requireProvenAddress(web.deps, context.user)
    const search = prepareSearch(web.deps, draft)
    await takeTest(web, { context, draft, settings: draft.input.given })
    return partial(<SetupChoices field={field} result={await search()} />)
  } catch (error) {
    return partial(<SetupChoices field={field} result={{ kind: 'problem', text: refusalOf(error, draft) }} />)
  }
}

interface Attempt {
  context: ProjectRequest
  draft: Draft
  settings: unknown
}

// All new channels of one kind in a project count as one.
function takeTest(web: WebDeps, { context, draft, settings }: Attempt): Promise<void> {
  const { projectId, kind, channelId } = draft
  const id = channelId ?? `${projectId} ${kind}`
  return web.messageLimits.tests.take({
    address: peerOf(context.request),
    channel: { id, projectId, kind, settings },
  })
}

// The problem is shown in place of the result, with the label of its field.
function refusalOf(error: unknown, { kind }: Draft): string {
  if (!(error instanceof AppError) || !REFUSALS.includes(error.code)) throw error
  const [first] = Object.entries(error.fields)
  const label = first && findKind(kind)?.fields.find(({ name }) => name === first[0])?.label
  return first && label ? `${label}: ${first[1]}` : error.message
}
