import { type Draft, previewDraft } from '#actions/channel-drafts.ts'
import { isGroup } from '#actions/channel-groups.ts'
import { kindLabel } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import { composeSample, SAMPLE_DESCRIPTION, SAMPLE_OUTPUT } from '#domain/sample-notification.ts'
import type { ProjectRequest } from '#http/guards.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import type { PreviewProps } from '#views/components/message-preview.tsx'

/** The messages of an invented incident. They are about a monitor of the project, so that they look familiar. */
export function previewOf(deps: Deps, { project, user, now }: ProjectRequest, draft: Draft): PreviewProps {
  const [monitor] = listNamesAndTags(deps.db, project.id)
  const name = monitor ? shownName(monitor) : null
  const about = {
    name: name ?? 'nightly-backup',
    tags: monitor ? tagList(monitor.tags) : [],
    description: SAMPLE_DESCRIPTION,
  }
  const { baseUrl } = deps.config
  const open = `${baseUrl}/`
  const facts = {
    baseUrl,
    zone: user.timeZone,
    late: null,
    deliveryId: NO_ID,
    thread: { key: NO_ID, receipt: null },
    check: () => null,
  }
  const { down, up } = composeSample({ project: project.name, monitor: about, now })
  const output = { text: SAMPLE_OUTPUT, isCut: false }
  return {
    kind: isGroup(draft) ? null : kindLabel(draft.kind),
    monitor: name,
    messages: [
      previewDraft(deps, draft, { ...facts, notification: down, links: { open, acknowledge: open }, output }),
      previewDraft(deps, draft, { ...facts, notification: up, links: { open, acknowledge: null }, output: null }),
    ],
  }
}

const NO_ID = '00000000-0000-0000-0000-000000000000'
