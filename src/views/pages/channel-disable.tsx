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

/** Asks a member before the channel to their own address is disabled. */
export function ChannelUnsubscribePage({
  context,
  project,
  channel,
  address,
}: Omit<DisablePageProps, 'waiting'> & { address: string }) {
  return (
    <Confirmation
      context={context}
      title="Unsubscribe"
      room="channels"
      crumb={{ address: url(`/projects/${project.id}/channels`), label: 'Channels' }}
      question="Unsubscribe?"
      action={url(`/channels/${channel.id}/unsubscribe`)}
      submit="Unsubscribe"
      back={url(`/channels/${channel.id}`)}
    >
      <p>
        <bdi>{address}</bdi> will no longer get alerts through the channel “<bdi>{channel.title}</bdi>”. The channel
        will be disabled, and the project's owners will be notified.
      </p>
    </Confirmation>
  )
}
