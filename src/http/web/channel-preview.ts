import { type Draft, previewDraft } from '#actions/channel-drafts.ts'
import { isGroup } from '#actions/channel-groups.ts'
import { redactedOutput } from '#actions/redaction.ts'
import { kindLabel } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import type { MonitorNotification } from '#domain/notification.ts'
import { composeSample, SAMPLE_DESCRIPTION, SAMPLE_OUTPUT } from '#domain/sample-notification.ts'
import type { ProjectRequest } from '#http/guards.ts'
import { findLastIncident } from '#store/last-incident.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import type { PreviewProps } from '#views/components/message-preview.tsx'
import type { Output } from '#words/message.ts'

/** The messages of the last incident, or of an invented one about a monitor of the project. */
export function previewOf(deps: Deps, context: ProjectRequest, draft: Draft): PreviewProps {
  const { kind } = draft
  const { down, up, output, ...about } = lastIncident(deps, context) ?? sampleIncident(deps, context)
  const { baseUrl } = deps.config
  const open = `${baseUrl}/`
  const facts = {
    baseUrl,
    zone: context.user.timeZone,
    late: null,
    deliveryId: NO_ID,
    thread: { key: NO_ID, receipt: null },
    check: () => null,
  }
  return {
    kind: isGroup(draft) ? null : kindLabel(kind),
    ...about,
    messages: [
      previewDraft(deps, draft, { ...facts, notification: down, links: { open, acknowledge: open }, output }),
      previewDraft(deps, draft, { ...facts, notification: up, links: { open, acknowledge: null }, output: null }),
    ],
  }
}

interface Shown extends Pick<PreviewProps, 'monitor' | 'sample'> {
  down: MonitorNotification
  up: MonitorNotification
  output: Output | null
}

// While the incident is open, its recovery is invented.
function lastIncident({ db }: Deps, { project, now }: ProjectRequest): Shown | null {
  const last = findLastIncident(db, project.id)
  if (last === null) return null
  const { down } = last
  const { monitor } = down
  const excerpt = down.circumstances?.output ?? null
  const output = excerpt && redactedOutput(db, { projectId: project.id, excerpt })
  const up = last.up ?? inventedRecovery(down, { project: project.name, now })
  return { down, up, output, monitor: shownName(monitor), sample: last.up === null ? 'recovery' : null }
}

function inventedRecovery(down: MonitorNotification, { project, now }: { project: string; now: number }) {
  const { monitor, at, circumstances } = down
  const { up } = composeSample({ project, monitor, now })
  return {
    ...up,
    monitor,
    downMs: now - at,
    lastPing: { kind: 'success' as const, at: now, exitStatus: null, durationMs: null },
    ...(up.circumstances && { circumstances: { ...up.circumstances, usualMs: circumstances?.usualMs ?? null } }),
  }
}

function sampleIncident({ db }: Deps, { project, now }: ProjectRequest): Shown {
  const [monitor] = listNamesAndTags(db, project.id)
  const name = monitor ? shownName(monitor) : null
  const about = {
    name: name ?? 'nightly-backup',
    tags: monitor ? tagList(monitor.tags) : [],
    description: SAMPLE_DESCRIPTION,
  }
  const messages = composeSample({ project: project.name, monitor: about, now })
  return { ...messages, output: { text: SAMPLE_OUTPUT, isCut: false }, monitor: name, sample: 'incident' }
}

const NO_ID = '00000000-0000-0000-0000-000000000000'
