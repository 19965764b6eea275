import type { ChannelReport } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import { shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { asSentence } from '#lib/sentence.ts'
import { DeliveryMark, outcomeText } from './delivery.tsx'
import { Icon } from './icon.tsx'
import { Ago, Moment, type Reading } from './moment.tsx'

/** A channel as a page may show it: the settings in words that hold no secret. */
export interface ChannelView extends ChannelReport {
  /** How it is called: its name, or its kind when it has none. */
  title: string
  /** What kind it is, as people call it. */
  kindLabel: string
  summary: string
  /** It mails, and there is no mail server. */
  reachesNobody: boolean
}

/** Mails that nobody gets are worse than none: who reads this knows what to set. */
export function MailBanner() {
  return (
    <div class="banner" role="note">
      <Icon name="mail" />
      <p>
        <strong>No mail server is configured.</strong> Mails are only written to the log, and nobody gets them. Set{' '}
        <code>CRONGUARD_SMTP_HOST</code>, and <code>CRONGUARD_SMTP_USERNAME</code> with{' '}
        <code>CRONGUARD_SMTP_PASSWORD</code> if the server wants them; then start CronGuard again.{' '}
        <a href={url('/docs/configuration')}>All settings</a>
      </p>
    </div>
  )
}

/** Whether it tells, and whether that works: shape, words and colour. */
export function ChannelState({ channel, reading }: { channel: ChannelView; reading: Reading }) {
  const { disabledAt } = channel.channel
  if (disabledAt !== null) {
    return (
      <span class="channel-state channel-off">
        <Icon name="pause" />
        <span>
          Switched off since <Moment at={disabledAt} reading={reading} />
        </span>
      </span>
    )
  }
  if (channel.failingSince !== null) {
    return (
      <span class="channel-state channel-failing">
        <Icon name="alert" />
        <span>
          Failing since <Moment at={channel.failingSince} reading={reading} />
        </span>
      </span>
    )
  }
  if (channel.reachesNobody) {
    return (
      <span class="channel-state channel-failing">
        <Icon name="alert" />
        Reaches nobody
      </span>
    )
  }
  return (
    <span class="channel-state channel-on">
      <Icon name="check" />
      On
    </span>
  )
}

/** The newest thing that it had to tell, and what became of it. */
export function LastDelivery({ delivery, reading }: { delivery: ChannelReport['lastDelivery']; reading: Reading }) {
  if (delivery === null) return <span class="soft">Nothing yet</span>
  const { state, status, monitor, at, reason, detail } = delivery
  return (
    <>
      <DeliveryMark state={state} detail={detail} />{' '}
      {monitor === null ? (
        'CronGuard'
      ) : (
        <a href={url(`/monitors/${monitor.uniqueKey}`)}>
          <bdi>{shownName(monitor)}</bdi>
        </a>
      )}{' '}
      {status === 'blind' ? 'was offline' : `is ${status}`}, <Ago at={at} reading={reading} />
      {reason !== null && (
        <span class="channel-reason" dir="auto">
          {outcomeText({ reason, detail })}
        </span>
      )}
    </>
  )
}

/** Sends a test and shows its outcome below, or on a page of its own where scripts do not run. */
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
        <Icon name="send" /> Send a test<span class="visually-hidden"> through {title}</span>
      </button>
    </form>
  )
}

/** Where the outcome of a test comes to stand; it is read out when it does. */
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
      return `The test was sent. ${asSentence(outcome.detail)}`
    case 'logged':
      return `The test reached nobody. ${asSentence(outcome.detail)}`
    case 'failed':
      return `The test was not delivered. ${asSentence(outcomeText(outcome))}`
    case 'refused':
      return outcome.detail
  }
}
