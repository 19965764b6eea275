import type { Channel } from '#domain/channel.ts'
import { shownName } from '#domain/monitor.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { asSentence } from '#lib/sentence.ts'
import {
  ChannelState,
  type ChannelView,
  ConfirmationNote,
  LastDelivery,
  MailBanner,
  TestButton,
  TestPlace,
} from '#views/components/channel.tsx'
import { Icon } from '#views/components/icon.tsx'
import { MessagePreview, type PreviewProps } from '#views/components/message-preview.tsx'
import { Ago, type Reading } from '#views/components/moment.tsx'
import { Confirmation } from '#views/layouts/confirmation.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { rulesInWords } from '#words/channel-rules.ts'
import { coverageInWords, monitorCount } from '#words/channel-scope.ts'
import { ChannelForm, type ChannelFormProps } from './channel-form.tsx'
import { SwitchButton, WaitingNote } from './channels.tsx'

interface ChannelPageProps {
  context: FrameContext
  project: OwnProject
  reading: Reading
  channel: ChannelView
  /** The monitors that use it. */
  monitors: { uniqueKey: string; name: string; slug: string }[]
  /** Null for users who may not edit it, and if its kind is no longer supported. */
  form: Omit<ChannelFormProps, 'action' | 'drafts' | 'submit' | 'now'> | null
  /** Null without a form. */
  preview: PreviewProps | null
  lacksMailServer: boolean
}

export function ChannelPage(props: ChannelPageProps) {
  const { context, project, reading, channel, monitors, form, preview, lacksMailServer } = props
  const { id } = channel.channel
  return (
    <Frame context={context} title={channel.title} room="channels">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/channels`)}>Channels</a>
        </p>
        <h1>
          <bdi>{channel.title}</bdi>
        </h1>
        <ChannelState channel={channel} reading={reading} />
      </div>
      {lacksMailServer && <MailBanner isAdmin={context.user.isAdmin} />}
      <ConfirmationNote channel={channel} mayOperate={may(project.role, 'operate')} />
      <section class="section" aria-label="Summary">
        <dl class="facts">
          <dt>{channel.kindLabel}</dt>
          <dd dir="auto">{channel.summary}</dd>
          <Rules rules={channel.channel.rules} />
          {channel.drill && (
            <>
              <dt>Weekly test</dt>
              <dd>
                {channel.drill.problem === null ? 'Arrived' : `Failed: ${asSentence(channel.drill.problem)}`}{' '}
                <Ago at={channel.drill.at} reading={reading} />
              </dd>
            </>
          )}
          <dt>Last delivery</dt>
          <dd>
            <LastDelivery channel={channel} reading={reading} />
          </dd>
        </dl>
        {may(project.role, 'operate') && <ChannelActions channel={channel} />}
      </section>
      {form && preview && (
        <section class="channel-editor" aria-label="Edit">
          <ChannelForm
            {...form}
            action={url(`/channels/${id}`)}
            drafts={url(`/projects/${project.id}/channels/draft`)}
            channelId={id}
            submit="Save changes"
            now={context.now}
          />
          <MessagePreview {...preview} />
        </section>
      )}
      <Monitors channel={channel} monitors={monitors} />
    </Frame>
  )
}

function Rules({ rules }: Pick<Channel, 'rules'>) {
  const lines = rulesInWords(rules)
  if (lines.length === 0) return null
  return (
    <>
      <dt>Rules</dt>
      <dd>{lines.join('. ')}.</dd>
    </>
  )
}

function ChannelActions({ channel: { title, channel, waiting } }: { channel: ChannelView }) {
  return (
    <>
      <div class="actions">
        <TestButton channelId={channel.id} title={title} />
        <SwitchButton channelId={channel.id} title={title} isOff={channel.disabledAt !== null} />
        <a class="button button-small button-danger" href={url(`/channels/${channel.id}/delete`)}>
          <Icon name="trash" /> Delete<span class="visually-hidden"> {title}</span>
        </a>
      </div>
      <WaitingNote waiting={waiting} />
      <TestPlace channelId={channel.id} />
    </>
  )
}

const MONITORS_SHOWN = 20

function Monitors({ channel: { channel, total }, monitors }: Pick<ChannelPageProps, 'channel' | 'monitors'>) {
  const rest = monitors.slice(MONITORS_SHOWN)
  return (
    <section class="section">
      <h2>Notifies about {coverageInWords(channel.scope, { used: monitors.length, total })}</h2>
      {monitors.length > 0 && <MonitorNames monitors={monitors.slice(0, MONITORS_SHOWN)} />}
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <MonitorNames monitors={rest} />
        </details>
      )}
    </section>
  )
}

function MonitorNames({ monitors }: Pick<ChannelPageProps, 'monitors'>) {
  return (
    <ul class="channel-monitors">
      {monitors.map((monitor) => (
        <li>
          <a href={url(`/monitors/${monitor.uniqueKey}`)}>
            <bdi>{shownName(monitor)}</bdi>
          </a>
        </li>
      ))}
    </ul>
  )
}

interface DeletionProps {
  context: FrameContext
  project: OwnProject
  channel: { id: string; title: string }
  monitors: number
}

export function ChannelDeletionPage({ context, project, channel, monitors }: DeletionProps) {
  return (
    <Confirmation
      context={context}
      title={`Delete ${channel.title}`}
      room="channels"
      crumb={{ address: url(`/projects/${project.id}/channels`), label: 'Channels' }}
      question={
        <>
          Delete “<bdi>{channel.title}</bdi>”?
        </>
      }
      action={url(`/channels/${channel.id}/delete`)}
      submit={
        <>
          <Icon name="trash" /> Delete channel
        </>
      }
      back={url(`/channels/${channel.id}`)}
    >
      <p>
        {monitors === 0 ? 'No monitor uses this channel.' : `Used by ${monitorCount(monitors)}.`} Pending notifications
        will be discarded. Incidents still show what was sent through it.
      </p>
      <p>To stop its notifications temporarily, disable it instead.</p>
    </Confirmation>
  )
}
