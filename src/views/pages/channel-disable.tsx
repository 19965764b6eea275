import type { OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** Sent by the form of this page: the user has seen what will be discarded. */
export const CONFIRMED_FIELD = 'confirmed'

interface DisablePageProps {
  context: FrameContext
  project: OwnProject
  channel: { id: string; title: string }
  waiting: number
}

/** Asks for confirmation before a channel with pending notifications is disabled. */
export function ChannelDisablePage({ context, project, channel, waiting }: DisablePageProps) {
  const address = url(`/channels/${channel.id}`)
  return (
    <Frame context={context} title={`Disable ${channel.title}`} room="channels">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/channels`)}>Channels</a>
        </p>
        <h1>
          Disable “<bdi>{channel.title}</bdi>”?
        </h1>
      </div>
      <form method="post" action={`${address}/disable`} class="form section">
        <p>
          <strong>{waiting === 1 ? '1 notification is' : `${waiting} notifications are`} pending.</strong>{' '}
          {waiting === 1 ? 'It' : 'They'} will be discarded and shown as discarded in the delivery log. No one gets
          notified through this channel until you enable it.
        </p>
        <input type="hidden" name={CONFIRMED_FIELD} value="yes" />
        <div class="actions">
          <button type="submit" class="button button-danger" id="disable-channel">
            Disable and discard {waiting === 1 ? '1 notification' : `${waiting} notifications`}
          </button>
          <a class="button" href={address}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}
