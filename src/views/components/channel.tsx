import { type ChannelReport, type GroupDelivery, UNPROVEN_AFTER_MS } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import { shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { asSentence } from '#lib/sentence.ts'
import { DeliveryMark, outcomeText } from './delivery.tsx'
import { Icon } from './icon.tsx'
import { Ago, Moment, type Reading } from './moment.tsx'

/** A channel as a page shows it. The summary of its settings contains no secret. */
export interface ChannelView extends ChannelReport {
  /** Its name, or its kind if it has none. */
  title: string
  /** The name of its kind. */
  kindLabel: string
  summary: string
  /** For a group: how its newest notification went. */
  groupDelivery: GroupDelivery | null
  /** The number of monitors in its project. */
  total: number
  /** Whether it gets no notifications because its address is not confirmed. */
  awaitsConfirmation: boolean
  /** Whether it sends emails and no mail server is configured. */
  lacksMailServer: boolean
  /** Whether it only passes notifications on to other channels. */
  isGroup: boolean
}

/** Says that no emails are sent, and who can change that. */
export function MailBanner({ isAdmin }: { isAdmin: boolean }) {
  return (
    <div class="banner" role="note">
      <Icon name="mail" />
      <p>
        <strong>No mail server is configured.</strong> Emails are not sent. Only their recipients and subjects are
        logged.{' '}
        {isAdmin ? (
          <a href={url('/instance#mail-server')}>Set up the mail server</a>
        ) : (
          "Ask the server's administrator to set one up."
        )}
      </p>
    </div>
  )
}

/** Whether the channel is enabled and works, as shape, words and color. */
export function ChannelState({ channel, reading }: { channel: ChannelView; reading: Reading }) {
  const { disabledAt, unsubscribedAt } = channel.channel
  if (disabledAt !== null) {
    return (
      <span class="outcome outcome-off">
        <Icon name="pause" />
        <span>
          Disabled since <Moment at={disabledAt} reading={reading} />
          {unsubscribedAt !== null && ': the recipient unsubscribed'}
        </span>
      </span>
    )
  }
  if (channel.awaitsConfirmation) {
    return (
      <span class="outcome outcome-bad">
        <Icon name="alert" />
        Waiting for confirmation
      </span>
    )
  }
  if (channel.failingSince !== null) {
    return (
      <span class="outcome outcome-bad">
        <Icon name="alert" />
        <span>
          Failing since <Moment at={channel.failingSince} reading={reading} />
        </span>
      </span>
    )
  }
  if (channel.lacksMailServer) {
    return (
      <span class="outcome outcome-bad">
        <Icon name="alert" />
        No mail server
      </span>
    )
  }
  if (!channel.isGroup && reading.now - channel.provenAt > UNPROVEN_AFTER_MS) {
    return (
      <span class="outcome outcome-bad">
        <Icon name="alert" />
        <span>
          Unproven: nothing was delivered since <Moment at={channel.provenAt} reading={reading} />
        </span>
      </span>
    )
  }
  return (
    <span class="outcome outcome-good">
      <Icon name="check" />
      Enabled
    </span>
  )
}

/** Says what to do while the address is not confirmed. */
export function ConfirmationNote({ channel, mayOperate }: { channel: ChannelView; mayOperate: boolean }) {
  if (!channel.awaitsConfirmation || channel.channel.disabledAt !== null) return null
  const { id } = channel.channel
  return (
    <div class="banner" role="note">
      <Icon name="mail" />
      <div>
        <p>
          <strong>Address not confirmed yet.</strong> Ask the recipient to open the link in the email from CronGuard.
          Until then, notifications stay pending for up to 24 hours.
        </p>
        {mayOperate && (
          <form method="post" action={url(`/channels/${id}/confirmation`)}>
            <button type="submit" class="button button-small">
              <Icon name="send" /> Send confirmation email again
            </button>
          </form>
        )}
      </div>
    </div>
  )
}

/** The newest notification to a group, and how many members it reached. */
function LastGroupDelivery({ delivery, reading }: { delivery: GroupDelivery; reading: Reading }) {
  const { sent, total, unsettled, status, monitor, at } = delivery
  return (
    <>
      <span class={`outcome ${sent === total ? 'outcome-good' : 'outcome-bad'}`}>
        <Icon name={sent === total ? 'check' : 'alert'} />
        {sent} of {total} delivered
      </span>
      {unsettled > 0 && `, ${unsettled} pending`}: <DeliverySubject monitor={monitor} status={status} />,{' '}
      <Ago at={at} reading={reading} />
    </>
  )
}

function DeliverySubject({ monitor, status }: Pick<GroupDelivery, 'monitor' | 'status'>) {
  return (
    <>
      {monitor === null ? (
        status === 'blind' && 'CronGuard'
      ) : (
        <a href={url(`/monitors/${monitor.uniqueKey}`)}>
          <bdi>{shownName(monitor)}</bdi>
        </a>
      )}{' '}
      {{ blind: 'was offline', notice: 'a recipient unsubscribed', down: 'went down', up: 'recovered' }[status]}
    </>
  )
}

/** The newest delivery and its outcome. */
export function LastDelivery({ channel, reading }: { channel: ChannelView; reading: Reading }) {
  const { lastDelivery: delivery, groupDelivery } = channel
  if (groupDelivery) return <LastGroupDelivery delivery={groupDelivery} reading={reading} />
  if (delivery === null) return <span class="soft">none yet</span>
  const { state, status, monitor, at, reason, detail } = delivery
  return (
    <>
      <DeliveryMark state={state} detail={detail} />: <DeliverySubject monitor={monitor} status={status} />,{' '}
      <Ago at={at} reading={reading} />
      {reason !== null && (
        <span class="channel-reason" dir="auto">
          {outcomeText({ reason, detail })}
        </span>
      )}
    </>
  )
}

/** Sends a test and shows the outcome below, or on a separate page without JavaScript. */
export function TestButton({ channelId, title }: { channelId: string; title: string }) {
  return (
    <form
      method="post"
      action={url(`/channels/${channelId}/test`)}
      hx-post={url(`/channels/${channelId}/test/outcome`)}
      hx-target={`#test-${channelId}`}
      hx-swap="innerHTML"
    >
      <button type="submit" class="button button-small">
        <Icon name="send" /> Send test<span class="visually-hidden"> through {title}</span>
      </button>
    </form>
  )
}

/** The place for the outcome of a test. Screen readers announce it. */
export function TestPlace({ channelId }: { channelId: string }) {
  return <div id={`test-${channelId}`} class="test-place" role="status" />
}

export type TestResult = Outcome | { result: 'refused'; detail: string }

export function TestOutcome({ outcome }: { outcome: TestResult }) {
  const isGood = outcome.result === 'sent'
  return (
    <p class={`test-outcome ${isGood ? 'test-good' : 'test-bad'}`} dir="auto">
      <Icon name={isGood ? 'check' : 'alert'} />
      <span>{outcomeInWords(outcome)}</span>
    </p>
  )
}

function outcomeInWords(outcome: TestResult): string {
  switch (outcome.result) {
    case 'sent':
      return `Test sent. ${asSentence(outcome.detail)}`
    case 'logged':
      return `Test not sent. ${asSentence(outcome.detail)}`
    case 'failed':
      return `Test failed. ${asSentence(outcomeText(outcome))}`
    case 'refused':
      return outcome.detail
  }
}
