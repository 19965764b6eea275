import type { OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Confirmation } from '#views/layouts/confirmation.tsx'
import type { FrameContext } from '#views/layouts/frame.tsx'

interface DisablePageProps {
  context: FrameContext
  project: OwnProject
  channel: { id: string; title: string }
  waiting: number
}

/** Asks for confirmation before a channel with pending notifications is disabled. */
export function ChannelDisablePage({ context, project, channel, waiting }: DisablePageProps) {
  return (
    <Confirmation
      context={context}
      title={`Disable ${channel.title}`}
      room="channels"
      crumb={{ address: url(`/projects/${project.id}/channels`), label: 'Channels' }}
      question={
        <>
          Disable “<bdi>{channel.title}</bdi>”?
        </>
      }
      action={url(`/channels/${channel.id}/disable`)}
      submit={`Disable and discard ${waiting === 1 ? '1 notification' : `${waiting} notifications`}`}
      back={url(`/channels/${channel.id}`)}
    >
      <p>
        <strong>{waiting === 1 ? '1 notification is' : `${waiting} notifications are`} pending.</strong> Disabling the
        channel discards {waiting === 1 ? 'it' : 'them'}. No one gets notified through this channel until you enable it
        again.
      </p>
    </Confirmation>
  )
}
