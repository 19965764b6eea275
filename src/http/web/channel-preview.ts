import type { Deps } from '#deps.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import { composeSample, SAMPLE_DESCRIPTION, SAMPLE_OUTPUT } from '#domain/sample-notification.ts'
import type { ProjectRequest } from '#http/guards.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import type { PreviewProps } from '#views/components/message-preview.tsx'
import { contentOf } from '#words/message.ts'

/** The messages of an invented incident. They are about a monitor of the project, so that they look familiar. */
export function previewOf({ db, config }: Deps, { project, user, now }: ProjectRequest, kind: string): PreviewProps {
  const [monitor] = listNamesAndTags(db, project.id)
  const name = monitor ? shownName(monitor) : null
  const about = {
    name: name ?? 'nightly-backup',
    tags: monitor ? tagList(monitor.tags) : [],
    description: SAMPLE_DESCRIPTION,
  }
  const { down, up } = composeSample({ project: project.name, monitor: about, now })
  const facts = { baseUrl: config.baseUrl, zone: user.timeZone, late: null }
  const open = `${config.baseUrl}/`
  return {
    kind,
    monitor: name,
    messages: [
      contentOf({
        ...facts,
        notification: down,
        links: { open, acknowledge: open },
        output: { text: SAMPLE_OUTPUT, isCut: false },
      }),
      contentOf({ ...facts, notification: up, links: { open, acknowledge: null }, output: null }),
    ],
  }
}
