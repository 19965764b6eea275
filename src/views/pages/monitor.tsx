import { isGuessable, type Monitor, shownName, tagList } from '#domain/monitor.ts'
import { earlyTolerance } from '#domain/schedule.ts'
import type { ZoneHint } from '#domain/zone-hint.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { durationInWords } from '#lib/duration.ts'
import { Copyable } from '#views/components/copyable.tsx'
import { Icon } from '#views/components/icon.tsx'
import { Linked } from '#views/components/linked.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { snippetsFor } from '#views/snippets.ts'
import { scheduleInWords } from '#words/schedule.ts'

interface MonitorPageProps {
  context: FrameContext
  projectId: string
  monitor: Monitor
  /** The monitor that it depends on. */
  parent: { uniqueKey: string; name: string } | null
  mayOperate: boolean
  urls: MonitorUrls
  /** The channels that it uses. */
  channels: readonly NotifiedChannel[]
  reading: Reading
  zoneHint: ZoneHint | null
  /** The number of the newest ping if it is an email that asks for a confirmation. */
  confirmation: number | null
  /** The parts that update by themselves. */
  parts: { overview: Child; charts: Child; incidents: Child; timeline: Child }
}

export interface NotifiedChannel {
  name: string
  /** Why it notifies no one; null if it works. */
  unusableReason: string | null
}

export interface MonitorUrls {
  /** Secrets; null for viewers. */
  secret: { ping: string; mail: string | null; bySlug: SlugUrl | null } | null
  badge: string
}

interface SlugUrl {
  slug: string
  /** Contains the project ping key; null for users who may not administer the project. */
  url: string | null
}

export function MonitorPage(props: MonitorPageProps) {
  const { context, projectId, monitor, mayOperate, parts } = props
  const name = shownName(monitor)
  return (
    <Frame context={context} title={name} room="monitors">
      <div class="band">
        <div class="page-head">
          <p class="crumbs">
            <a href={url(`/projects/${projectId}`)}>Monitors</a>
          </p>
          <h1 dir="auto">{name}</h1>
          {mayOperate && (
            <div class="actions">
              <a class="button" href={url(`/monitors/${monitor.uniqueKey}/edit`)}>
                <Icon name="pencil" /> Edit
              </a>
              <a class="button button-danger" href={url(`/monitors/${monitor.uniqueKey}/delete`)}>
                <Icon name="trash" /> Delete
              </a>
            </div>
          )}
        </div>
        {parts.overview}
      </div>
      {mayOperate && isGuessable(monitor.alias) && <ShortAlias monitor={monitor} />}
      {props.zoneHint && <WrongZone {...props} zoneHint={props.zoneHint} />}
      {props.confirmation !== null && <Confirmation monitor={monitor} number={props.confirmation} />}
      <div class="monitor-page">
        <div class="monitor-past">
          {monitor.status === 'down' ? [parts.incidents, parts.charts] : [parts.charts, parts.incidents]}
          {parts.timeline}
        </div>
        <div class="monitor-side">
          {props.urls.secret && <PingUrl monitor={monitor} {...props.urls.secret} />}
          <About {...props} />
          <Badge name={name} url={props.urls.badge} />
        </div>
      </div>
    </Frame>
  )
}

function ShortAlias({ monitor }: Pick<MonitorPageProps, 'monitor'>) {
  return (
    <p class="banner" role="note">
      <span>
        The alias has only {monitor.alias.length} characters, so someone could guess it and ping this monitor. Use the
        ping URL in the job, then <a href={url(`/monitors/${monitor.uniqueKey}/edit`)}>replace the alias</a>.
      </span>
    </p>
  )
}

function WrongZone({ monitor, zoneHint, mayOperate }: MonitorPageProps & { zoneHint: ZoneHint }) {
  const { timeZone, offsetMs } = zoneHint
  const side = offsetMs > 0 ? 'after' : 'before'
  return (
    <p class="banner" role="note">
      <span>
        Pings arrive {durationInWords(Math.abs(offsetMs))} {side} their scheduled time in {monitor.schedule.timeZone}.
        In <b>{timeZone}</b> they would be on time.
        {mayOperate && ' '}
        {mayOperate && (
          <a href={url(`/monitors/${monitor.uniqueKey}/edit?timeZone=${encodeURIComponent(timeZone)}`)}>
            Review the schedule in that time zone
          </a>
        )}
      </span>
    </p>
  )
}

function Confirmation({ monitor, number }: Pick<MonitorPageProps, 'monitor'> & { number: number }) {
  return (
    <p class="banner" role="note">
      <span>
        The latest email asks for confirmation. It may contain a link that you need to open.{' '}
        <a href={url(`/monitors/${monitor.uniqueKey}/pings/${number}`)}>Read the email</a>
      </span>
    </p>
  )
}

function PingUrl({
  monitor,
  ping,
  mail,
  bySlug,
}: Pick<MonitorPageProps, 'monitor'> & NonNullable<MonitorUrls['secret']>) {
  const { schedule } = monitor
  return (
    <section class="section" aria-labelledby="ping-url-title">
      <h2 id="ping-url-title">Ping URL</h2>
      <Copyable id="ping-url" text={ping} what="the ping URL" />
      <p class="help">Anyone with this URL can ping the monitor. Treat it like a password.</p>
      {bySlug && <BySlug {...bySlug} />}
      {mail && (
        <details class="advanced">
          <summary>Ping by email</summary>
          <Copyable id="ping-mail" text={mail} what="the address" />
          <p class="help">An email to this address counts as a success, unless keywords decide otherwise.</p>
        </details>
      )}
      <h3>Add it to the job</h3>
      <div class="snippets">
        {snippetsFor({ pingUrl: ping, name: shownName(monitor), schedule }).map(({ id, label, code, note }, index) => (
          <details name="snippet" open={index === 0}>
            <summary>{label}</summary>
            <div class="snippet">
              <Copyable id={`snippet-${id}`} text={code.trimEnd()} what={`the ${label} snippet`} isBlock />
              {note && <p class="help">{note}</p>}
            </div>
          </details>
        ))}
      </div>
    </section>
  )
}

function BySlug({ slug, url }: SlugUrl) {
  return (
    <details class="advanced">
      <summary>Ping by slug</summary>
      {url === null ? (
        <p class="help">
          The slug is <code>{slug}</code>. Its ping URL contains the project ping key. Ask a project admin for the URL.
        </p>
      ) : (
        <Copyable id="slug-url" text={url} what="the slug URL" />
      )}
    </details>
  )
}

function About({ monitor, parent, channels, reading, projectId, mayOperate }: MonitorPageProps) {
  const tags = tagList(monitor.tags)
  return (
    <section class="section" aria-labelledby="about-title">
      <h2 id="about-title">About</h2>
      {monitor.description !== '' && (
        <p class="description" dir="auto">
          <Linked text={monitor.description} />
        </p>
      )}
      <dl class="facts">
        <dt>Schedule</dt>
        <dd>{scheduleInWords(monitor.schedule)}</dd>
        <dt>Grace period</dt>
        <dd>{durationInWords(monitor.graceMs)}</dd>
        <Early monitor={monitor} reading={reading} />
        <dt>Notifies</dt>
        <dd>
          <NotifiedChannels {...{ channels, projectId, mayOperate }} />
        </dd>
        {tags.length > 0 && (
          <>
            <dt>Tags</dt>
            <dd class="tags">
              {tags.map((tag) => (
                <a class="tag" href={url(`/projects/${projectId}?tag=${encodeURIComponent(tag)}`)} dir="auto">
                  {tag}
                </a>
              ))}
            </dd>
          </>
        )}
        <Rules monitor={monitor} />
        <Parent parent={parent} />
        <dt>Created</dt>
        <dd>
          <Moment at={monitor.createdAt} reading={reading} />
        </dd>
      </dl>
    </section>
  )
}

function Early({ monitor: { schedule, earlyMs }, reading }: Pick<MonitorPageProps, 'monitor' | 'reading'>) {
  if (schedule.kind === 'period') return null
  const toleranceMs = earlyTolerance(schedule, { earlyMs, after: reading.now })
  return (
    <>
      <dt>Early pings</dt>
      <dd>
        {toleranceMs === 0
          ? 'not accepted'
          : `accepted up to ${durationInWords(toleranceMs)} before the scheduled time`}
      </dd>
    </>
  )
}

function NotifiedChannels({ channels, ...about }: Pick<MonitorPageProps, 'channels' | 'projectId' | 'mayOperate'>) {
  const areAllSilent = channels.every(({ unusableReason }) => unusableReason !== null)
  return (
    <>
      {areAllSilent && <NoChannels {...about} hasChannels={channels.length > 0} />}
      {channels.map(({ name, unusableReason }, index) => (
        <>
          {(index > 0 || areAllSilent) && (index > 0 ? ', ' : '; ')}
          <bdi>{name}</bdi>
          {unusableReason !== null && ` (${unusableReason})`}
        </>
      ))}
    </>
  )
}

interface NoChannelsProps extends Pick<MonitorPageProps, 'projectId' | 'mayOperate'> {
  hasChannels: boolean
}

function NoChannels({ projectId, mayOperate, hasChannels }: NoChannelsProps) {
  return (
    <>
      <strong>no one</strong>
      {mayOperate && ': '}
      {mayOperate && (
        <a href={url(`/projects/${projectId}/channels`)}>{hasChannels ? 'review the channels' : 'choose a channel'}</a>
      )}
    </>
  )
}

function Parent({ parent }: Pick<MonitorPageProps, 'parent'>) {
  if (parent === null) return null
  return (
    <>
      <dt>Depends on</dt>
      <dd>
        <a href={url(`/monitors/${parent.uniqueKey}`)}>
          <bdi>{parent.name}</bdi>
        </a>
      </dd>
    </>
  )
}

function Rules({ monitor }: Pick<MonitorPageProps, 'monitor'>) {
  const { postOnly, manualResume, filter, maxRunMs, minRunMs, failuresToAlert, remindMs, remindLess, isUrgent } =
    monitor
  const rules = [
    ...(maxRunMs === null ? [] : [`Maximum run time: ${durationInWords(maxRunMs)}.`]),
    ...(minRunMs === null ? [] : [`Minimum run time: ${durationInWords(minRunMs)}.`]),
    ...(failuresToAlert === 1 ? [] : [`Goes down after ${failuresToAlert} failures in a row.`]),
    ...(remindMs === null
      ? []
      : [`Reminds every ${durationInWords(remindMs)}${remindLess ? ', then less often' : ''}.`]),
    ...(isUrgent ? ['Urgent: ignores quiet hours.'] : []),
    ...(postOnly ? ['Accepts POST only.'] : []),
    ...(manualResume ? ['Resumes manually only.'] : []),
    ...(filter.httpBody ? ['Keywords in the request body decide the result.'] : []),
    ...(filter.subject || filter.body ? ['Keywords in emails decide the result.'] : []),
  ]
  if (rules.length === 0) return null
  return (
    <>
      <dt>Rules</dt>
      <dd>{rules.join(' ')}</dd>
    </>
  )
}

function Badge({ name, url }: { name: string; url: string }) {
  return (
    <section class="section" aria-labelledby="badge-title">
      <div class="section-head">
        <h2 id="badge-title">Badge</h2>
        <img class="badge" src={`${pathOf(url)}.svg`} alt={`${name} badge`} height="20" />
      </div>
      <p class="help">
        Anyone with the URL can see the name and status, as an image or as <a href={`${pathOf(url)}.json`}>JSON</a>.
      </p>
      <Copyable id="badge-markdown" text={`![${plainText(name)}](${url}.svg)`} what="the badge Markdown" />
    </section>
  )
}

// The page loads its badge from the address at which the page was reached.
function pathOf(badgeUrl: string): string {
  return url(badgeUrl.slice(badgeUrl.lastIndexOf('/badge/')))
}

// Markdown can contain HTML, and the badge is pasted into other pages.
function plainText(name: string): string {
  return name
    .replace(/[^\p{L}\p{M}\p{N} .,:+-]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
}
