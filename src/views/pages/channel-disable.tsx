import type { OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** What the form of this page sends along: whoever disables the channel knows what is discarded. */
export const CONFIRMED_FIELD = 'confirmed'

interface DisablePageProps {
  context: FrameContext
  project: OwnProject
  channel: { id: string; title: string }
  waiting: number
}

/** Asks before a channel is disabled that still has messages to send. */
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
          <strong>{waiting === 1 ? '1 message is' : `${waiting} messages are`} waiting to be sent.</strong>{' '}
          {waiting === 1 ? 'It is' : 'They are'} discarded, and the delivery log shows{' '}
          {waiting === 1 ? 'it' : 'each of them'} as discarded. No one gets notified through this channel until it is
          enabled again.
        </p>
        <input type="hidden" name={CONFIRMED_FIELD} value="yes" />
        <div class="actions">
          <button type="submit" class="button button-danger" id="disable-channel">
            Disable and discard {waiting === 1 ? '1 message' : `${waiting} messages`}
          </button>
          <a class="button" href={address}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}
