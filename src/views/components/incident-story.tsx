import { OPEN_END } from '#domain/hold.ts'
import { type Acknowledgment, type Incident, incidentMs } from '#domain/incident.ts'
import {
  type AgainChapter,
  type Chapter,
  expectationOf,
  maySendAgain,
  type Story,
  type StoryDelivery,
  type StoryPing,
} from '#domain/story.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { durationInWords } from '#lib/duration.ts'
import { momentInZone } from '#lib/zone.ts'
import { acknowledgedHow } from '#words/acknowledgment.ts'
import { incidentFacts } from '#words/circumstances.ts'
import { holdReasonInWords } from '#words/late.ts'
import { detailsWith } from '#words/notification.ts'
import { PING_WORDS } from '#words/ping.ts'
import { reasonInWords } from '#words/reason.ts'
import { Attempts, DeliveryMark, ExactMoment } from './delivery.tsx'
import { Due, Lasting, Moment, type Reading } from './moment.tsx'
import { StatusShape } from './status.tsx'

interface StoryProps {
  story: Story
  /** Whether its heading links to the incident's own page. */
  isLinked?: boolean
  reading: Reading
  mayOperate: boolean
}

/** "Why this alert?": what was expected, what was received, and all notifications. */
export function IncidentStory({ story, isLinked = false, reading, mayOperate }: StoryProps) {
  const { incident, opening, closing, monitor } = story
  const context = { reading, mayOperate, monitorKey: monitor.uniqueKey, isLinked }
  return (
    <article class="story" id={`incident-${incident.id}`}>
      {isLinked && (
        <h3>
          <a href={url(`/incidents/${incident.id}`)}>
            Down <IncidentSpan incident={incident} reading={reading} />
          </a>
        </h3>
      )}
      <p>
        {opening.notification
          ? detailsWith(opening.notification, (at) => momentInZone(at, reading.zone))
          : `${reasonInWords(opening.reason)}.`}
      </p>
      <StoryFacts story={story} reading={reading} />
      <ChapterPart title="Down notifications" chapter={opening} {...context} />
      {story.again.map((chapter) => (
        <ChapterPart title={titleOf(chapter)} chapter={chapter} {...context} />
      ))}
      {closing?.notification && <ChapterPart title="Recovery notifications" chapter={closing} {...context} />}
      {closing && closing.notification === null && (
        <p class="soft">{reasonInWords(closing.reason)}, so no recovery notification was sent.</p>
      )}
    </article>
  )
}

interface IncidentMarkProps {
  incident: Pick<Incident, 'openedAt' | 'closedAt'>
  reading: Reading
}

/** Whether the incident is open, and its duration, as shape, words and color. */
export function IncidentMark({ incident, reading }: IncidentMarkProps) {
  const isOpen = incident.closedAt === null
  return (
    <span class={`status incident-mark ${isOpen ? 'status-down' : 'status-up'}`}>
      <StatusShape status={isOpen ? 'down' : 'up'} />
      {isOpen ? (
        <span>
          Ongoing, <Lasting at={incident.openedAt} reading={reading} />
        </span>
      ) : (
        `Lasted ${durationInWords(incidentMs(incident, reading.now))}`
      )}
    </span>
  )
}

/** "since 24 Nov, 06:46", or "from 24 Nov, 06:46 to 24 Nov, 07:12" if it is closed. */
function IncidentSpan({ incident: { openedAt, closedAt }, reading }: IncidentMarkProps) {
  const from = <Moment at={openedAt} reading={reading} />
  if (closedAt === null) return <>since {from}</>
  return (
    <>
      from {from} to <Moment at={closedAt} reading={reading} />
    </>
  )
}

/** Who acknowledged the incident, if anyone. */
export function AcknowledgedBy({ incident, reading }: { incident: Incident; reading: Reading }) {
  const { acknowledgment } = incident
  if (acknowledgment === null) return null
  return (
    <span>
      Acknowledged <Acknowledger acknowledgment={acknowledgment} reading={reading} />
    </span>
  )
}

function Acknowledger({ acknowledgment, reading }: { acknowledgment: Acknowledgment; reading: Reading }) {
  const { how, who } = acknowledgedHow(acknowledgment)
  return (
    <>
      {how} <bdi>{who}</bdi>, <Moment at={acknowledgment.at} reading={reading} />
    </>
  )
}

function StoryFacts({ story, reading }: Pick<StoryProps, 'story' | 'reading'>) {
  const { incident, opening, closing, lastPing, monitor } = story
  const expected = expectationOf(story)
  const reported = opening.notification?.lastPing ?? null
  const lastSuccessAt = opening.notification?.circumstances?.lastSuccessAt ?? null
  return (
    <dl class="facts">
      <Fact label={closing ? 'Started' : 'Down since'}>
        <ExactMoment at={incident.openedAt} zone={reading.zone} />
      </Fact>
      {closing && (
        <Fact label="Ended">
          <ExactMoment at={closing.at} zone={reading.zone} />. {reasonInWords(closing.reason)}.
        </Fact>
      )}
      {expected && (
        <>
          <Fact label={opening.reason === 'overrun' ? 'Run started' : 'Ping expected'}>
            <ExactMoment at={expected.from} zone={reading.zone} />
          </Fact>
          <Fact label="Grace period">{durationInWords(expected.graceMs)}</Fact>
          <Fact label="Deadline">
            <ExactMoment at={expected.deadlineAt} zone={reading.zone} />
          </Fact>
        </>
      )}
      <Fact label={opening.reason === 'fail' ? 'Failing ping' : 'Previous ping'}>
        {lastPing ? (
          <PingLink ping={lastPing} monitorKey={monitor.uniqueKey} reading={reading} />
        ) : reported ? (
          <>
            <ExactMoment at={reported.at} zone={reading.zone} /> (deleted)
          </>
        ) : (
          'none'
        )}
      </Fact>
      {lastSuccessAt !== null && (
        <Fact label="Last success">
          <ExactMoment at={lastSuccessAt} zone={reading.zone} />
        </Fact>
      )}
      {incidentFacts(opening.notification, closing?.notification ?? null).map(([label, value]) => (
        <Fact label={label}>
          <bdi>{value}</bdi>
        </Fact>
      ))}
      {incident.acknowledgment && (
        <Fact label="Acknowledged">
          <Acknowledger acknowledgment={incident.acknowledgment} reading={reading} />
        </Fact>
      )}
    </dl>
  )
}

function Fact({ label, children }: { label: string; children?: Child }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  )
}

function PingLink({ ping, monitorKey, reading }: { ping: StoryPing; monitorKey: string; reading: Reading }) {
  const { number, kind, at, exitStatus } = ping
  return (
    <>
      <a href={url(`/monitors/${monitorKey}/pings/${number}`)}>#{number}</a>, {PING_WORDS[kind].toLowerCase()}
      {exitStatus !== null && ` with exit status ${exitStatus}`}, <ExactMoment at={at} zone={reading.zone} />
    </>
  )
}

interface ChapterContext {
  reading: Reading
  mayOperate: boolean
  monitorKey: string
  isLinked: boolean
}

function titleOf({ notification: { again } }: AgainChapter): string {
  switch (again?.is) {
    case 'reminder':
      return `Reminder ${again.number}`
    case 'unmuted':
      return `After the ${again.by}`
    default:
      return 'Escalation'
  }
}

interface ChapterPartProps extends ChapterContext {
  title: string
  chapter: Pick<Chapter, 'notification' | 'deliveries'>
}

function ChapterPart({ title, chapter, ...context }: ChapterPartProps) {
  const Heading = context.isLinked ? 'h4' : 'h3'
  return (
    <section class="chapter">
      <Heading>{title}</Heading>
      {chapter.deliveries.length === 0 ? (
        <NoDeliveries notification={chapter.notification} {...context} />
      ) : (
        <ul class="deliveries">
          {chapter.deliveries.map((delivery) => (
            <DeliveryItem delivery={delivery} {...context} />
          ))}
        </ul>
      )}
    </section>
  )
}

function NoDeliveries({
  notification,
  monitorKey,
  mayOperate,
  reading,
}: ChapterContext & Pick<Chapter, 'notification'>) {
  const { muted, status } = notification ?? {}
  if (muted) {
    return (
      <p class="soft">
        No one was notified: {muted.by === 'snooze' ? 'snoozed' : 'in maintenance'} until{' '}
        {muted.until === null ? 'the monitor recovers' : <Moment at={muted.until} reading={reading} />}.
      </p>
    )
  }
  if (status === 'up') return <p class="soft">No one was notified, because no one had been notified of the incident.</p>
  return (
    <p class="soft">
      No one was notified: no enabled channel of this monitor notifies of this immediately.
      {mayOperate && (
        <>
          {' '}
          <a href={url(`/monitors/${monitorKey}/edit`)}>Choose who gets notified next time</a>.
        </>
      )}
    </p>
  )
}

function DeliveryItem({ delivery, reading, mayOperate }: ChapterContext & { delivery: StoryDelivery }) {
  const { id, state, attempts, isRepeat, createdAt, output } = delivery
  return (
    <li>
      <div class="delivery-head">
        <strong>
          <ChannelName delivery={delivery} />
        </strong>
        <span class="soft">{delivery.kind}</span>
        <DeliveryMark state={state} detail={delivery.attempts.at(-1)?.detail} />
        <NextAttempt delivery={delivery} reading={reading} />
        {isRepeat && (
          <span class="soft">
            Manual resend, <Moment at={createdAt} reading={reading} />
          </span>
        )}
        {mayOperate && maySendAgain(delivery) && (
          <form method="post" action={url(`/deliveries/${id}/resend`)} class="delivery-again">
            <button type="submit" class="button button-small">
              Send again<span class="visually-hidden"> through {shownChannel(delivery)}</span>
            </button>
          </form>
        )}
      </div>
      <Attempts attempts={attempts} state={state} reading={reading} />
      {output && (
        <details>
          <summary>Output of the program</summary>
          <pre dir="auto" tabindex="0">
            {output}
          </pre>
        </details>
      )}
    </li>
  )
}

// A delivery that is due but not sent waits for earlier ones of the monitor, so that "up" never overtakes "down".
function NextAttempt({
  delivery: { nextAttemptAt: at, heldFor },
  reading,
}: {
  delivery: StoryDelivery
  reading: Reading
}) {
  if (at === null) return null
  if (at === OPEN_END) return <span class="soft">Held until the monitor that it depends on recovers</span>
  if (at <= reading.now) return <span class="soft">Queued behind earlier notifications</span>
  return (
    <span class="soft">
      {heldFor === null ? 'Next attempt' : `Held ${holdReasonInWords(heldFor)}, sent`} <Due at={at} reading={reading} />
    </span>
  )
}

// A deleted channel has a name but no page.
function ChannelName({ delivery }: { delivery: StoryDelivery }) {
  const { channelId } = delivery
  const name = <bdi>{shownChannel(delivery)}</bdi>
  return channelId === null ? <>{name} (deleted)</> : <a href={url(`/channels/${channelId}`)}>{name}</a>
}

function shownChannel({ channelName, kind }: StoryDelivery): string {
  return channelName || kind
}
