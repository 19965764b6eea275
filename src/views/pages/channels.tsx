import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import {
  ChannelState,
  type ChannelView,
  LastDelivery,
  MailBanner,
  TestButton,
  TestOutcome,
  TestPlace,
  type TestResult,
} from '#views/components/channel.tsx'
import { Icon } from '#views/components/icon.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { coverageInWords } from '#words/channel-scope.ts'

interface ChannelsPageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  channels: ChannelView[]
  /** Whether a channel can't send because no mail server is configured. */
  lacksMailServer: boolean
  /** Whether the user must confirm their address before they can add channels. */
  mustConfirm: boolean
  /** The number of channels that only administrators of the server see. */
  hidden: number
}

export function ChannelsPage(props: ChannelsPageProps) {
  const { context, project, reading, channels, lacksMailServer, mustConfirm, hidden } = props
  const mayOperate = may(project.role, 'operate')
  return (
    <Frame context={context} title="Channels" room="channels">
      <div class="page-head">
        <h1>Channels</h1>
        {mayOperate && channels.length > 0 && (
          <a class="button button-primary" href={url(`/projects/${project.id}/channels/new`)}>
            <Icon name="plus" /> New channel
          </a>
        )}
      </div>
      {lacksMailServer && <MailBanner isAdmin={context.user.isAdmin} />}
      {mustConfirm && mayOperate && <ConfirmFirst />}
      {channels.length === 0 ? (
        <NoChannels project={project} />
      ) : (
        <ul class="rows">
          {channels.map((channel) => (
            <ChannelCard channel={channel} reading={reading} mayOperate={mayOperate} />
          ))}
        </ul>
      )}
      {hidden > 0 && <HiddenNote count={hidden} />}
    </Frame>
  )
}

function HiddenNote({ count }: { count: number }) {
  return (
    <p class="soft">
      {count === 1 ? 'Another channel runs a program' : `${count} other channels run programs`} on this server. Only
      administrators of the server see {count === 1 ? 'it' : 'them'}.
    </p>
  )
}

function ConfirmFirst() {
  return (
    <p class="banner">
      <Icon name="alert" />
      <span>
        Confirm your email address before you create a channel. Open the link in the confirmation email, or resend it
        from <a href={url('/settings#address')}>your settings</a>.
      </span>
    </p>
  )
}

function NoChannels({ project }: { project: OwnProject }) {
  return (
    <section class="section">
      <div class="empty">
        <h2>No channels yet</h2>
        <p>
          A channel is a way to notify people, such as email or a webhook. CronGuard sends a notification when a monitor
          goes down, and another one when it recovers.
        </p>
        <p>Without a channel, no one gets notified when a monitor goes down.</p>
        {may(project.role, 'operate') ? (
          <a class="button button-primary" href={url(`/projects/${project.id}/channels/new`)}>
            <Icon name="plus" /> Create a channel
          </a>
        ) : (
          <p class="soft">Viewers can't create channels. Ask a member, admin or owner of this project.</p>
        )}
      </div>
    </section>
  )
}

interface CardProps {
  channel: ChannelView
  reading: Reading
  mayOperate: boolean
}

function ChannelCard({ channel, reading, mayOperate }: CardProps) {
  const { title, kindLabel, summary, monitors, total } = channel
  const { id } = channel.channel
  return (
    <li class="channel">
      <div class="section-head">
        <h2 class="row-name">
          <a href={url(`/channels/${id}`)}>
            <bdi>{title}</bdi>
          </a>
        </h2>
        <ChannelState channel={channel} reading={reading} />
      </div>
      <dl class="facts">
        <dt>{kindLabel}</dt>
        <dd dir="auto">{summary}</dd>
        <dt>Monitors</dt>
        <dd>
          <a href={url(`/channels/${id}#monitors`)}>
            {coverageInWords(channel.channel.scope, { used: monitors, total })}
          </a>
        </dd>
        <dt>Last delivery</dt>
        <dd>
          <LastDelivery channel={channel} reading={reading} />
        </dd>
      </dl>
      {mayOperate && <CardActions channel={channel} />}
    </li>
  )
}

function CardActions({ channel: { title, channel, waiting } }: { channel: ChannelView }) {
  return (
    <>
      <div class="actions">
        <TestButton channelId={channel.id} title={title} />
        <a class="button button-small" href={url(`/channels/${channel.id}`)}>
          <Icon name="pencil" /> Edit<span class="visually-hidden"> {title}</span>
        </a>
        <SwitchButton channelId={channel.id} title={title} isOff={channel.disabledAt !== null} />
      </div>
      <WaitingNote waiting={waiting} />
      <TestPlace channelId={channel.id} />
    </>
  )
}

export function SwitchButton({ channelId, title, isOff }: { channelId: string; title: string; isOff: boolean }) {
  return (
    <form method="post" action={url(`/channels/${channelId}/${isOff ? 'enable' : 'disable'}`)}>
      <button type="submit" class="button button-small">
        <Icon name={isOff ? 'play' : 'pause'} /> {isOff ? 'Enable' : 'Disable'}
        <span class="visually-hidden"> {title}</span>
      </button>
    </form>
  )
}

/** Warns that disabling the channel discards its pending notifications. */
export function WaitingNote({ waiting }: { waiting: number }) {
  if (waiting === 0) return null
  return (
    <p class="soft">
      {waiting === 1
        ? '1 notification is pending. Disabling the channel discards it.'
        : `${waiting} notifications are pending. Disabling the channel discards them.`}
    </p>
  )
}

interface TestPageProps {
  context: FrameContext
  project: OwnProject
  channel: { id: string; title: string }
  outcome: TestResult
}

/** The outcome of a test, for browsers without JavaScript. */
export function ChannelTestPage({ context, project, channel, outcome }: TestPageProps) {
  return (
    <Frame context={context} title={`Test ${channel.title}`} room="channels">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/channels`)}>Channels</a>
        </p>
        <h1>
          Test “<bdi>{channel.title}</bdi>”
        </h1>
      </div>
      <section class="section">
        <TestOutcome outcome={outcome} />
        <div class="actions">
          <form method="post" action={url(`/channels/${channel.id}/test`)}>
            <button type="submit" class="button">
              <Icon name="send" /> Send another test
            </button>
          </form>
          <a class="button" href={url(`/channels/${channel.id}`)}>
            <Icon name="pencil" /> Edit channel
          </a>
        </div>
      </section>
    </Frame>
  )
}
