import { type Monitor, shownName, tagList } from '#domain/monitor.ts'
import { scheduleInWords } from '#domain/schedule.ts'
import type { Child } from '#jsx/jsx-runtime'
import { durationInWords } from '#lib/duration.ts'
import { Icon } from '#views/components/icon.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { Frame, type FrameVisit } from '#views/layouts/frame.tsx'
import { snippetsFor } from '#views/snippets.ts'

interface MonitorPageProps {
  visit: FrameVisit
  projectId: string
  monitor: Monitor
  mayOperate: boolean
  urls: MonitorUrls
  /** The names of the channels that tell of it. */
  channels: readonly string[]
  reading: Reading
  /** What is drawn anew by itself when something happens. */
  parts: { overview: Child; charts: Child; incidents: Child; timeline: Child }
}

export interface MonitorUrls {
  /** Secrets: only for somebody who may operate. */
  secret: { ping: string; bySlug: string | null } | null
  badge: string
}

export function MonitorPage(props: MonitorPageProps) {
  const { visit, projectId, monitor, mayOperate, parts } = props
  const name = shownName(monitor)
  return (
    <Frame visit={visit} title={name} room="monitors">
      <div class="page-head">
        <p class="crumbs">
          <a href={`/projects/${projectId}`}>Monitors</a>
        </p>
        <h1 dir="auto">{name}</h1>
        {mayOperate && (
          <div class="actions">
            <a class="button" href={`/monitors/${monitor.uniqueKey}/edit`}>
              <Icon name="pencil" /> Edit
            </a>
            <a class="button button-danger" href={`/monitors/${monitor.uniqueKey}/delete`}>
              <Icon name="trash" /> Delete
            </a>
          </div>
        )}
      </div>
      <div class="monitor-page">
        {parts.overview}
        <div class="monitor-side">
          {props.urls.secret && <PingUrl name={name} {...props.urls.secret} />}
          <About {...props} />
          <Badge name={name} url={props.urls.badge} />
        </div>
        <div class="monitor-past">
          {parts.charts}
          {parts.incidents}
          {parts.timeline}
        </div>
      </div>
    </Frame>
  )
}

function PingUrl({ name, ping, bySlug }: { name: string } & NonNullable<MonitorUrls['secret']>) {
  return (
    <section class="card" aria-labelledby="ping-url-title">
      <h2 id="ping-url-title">Ping URL</h2>
      <Copyable id="ping-url" text={ping} what="the ping URL" />
      <p class="help">Whoever knows it can report for the job, so treat it like a password.</p>
      {bySlug && (
        <details class="advanced">
          <summary>By slug</summary>
          <Copyable id="slug-url" text={bySlug} what="the URL by slug" />
        </details>
      )}
      <h3>In the job</h3>
      <div class="snippets">
        {snippetsFor({ pingUrl: ping, name }).map(({ id, label, code, note }, index) => (
          <details name="snippet" open={index === 0}>
            <summary>{label}</summary>
            <div class="snippet">
              <Copyable id={`snippet-${id}`} text={code.trimEnd()} what={`the lines for ${label}`} isBlock />
              {note && <p class="help">{note}</p>}
            </div>
          </details>
        ))}
      </div>
    </section>
  )
}

interface CopyableProps {
  id: string
  text: string
  /** What is copied, for somebody who hears the button only. */
  what: string
  isBlock?: boolean
}

function Copyable({ id, text, what, isBlock = false }: CopyableProps) {
  return (
    <div class={isBlock ? 'copy copy-block' : 'copy'}>
      {isBlock ? (
        <section class="copy-text" tabindex="0" aria-label={what}>
          <pre id={id}>{text}</pre>
        </section>
      ) : (
        <code id={id}>{text}</code>
      )}
      <button type="button" class="button button-small" data-copy={id}>
        Copy<span class="visually-hidden"> {what}</span>
      </button>
    </div>
  )
}

function About({ monitor, channels, reading, projectId, mayOperate }: MonitorPageProps) {
  const tags = tagList(monitor.tags)
  return (
    <section class="card" aria-labelledby="about-title">
      <h2 id="about-title">About</h2>
      {monitor.description !== '' && (
        <p class="description" dir="auto">
          {monitor.description}
        </p>
      )}
      <dl class="facts">
        <dt>Expected</dt>
        <dd>{scheduleInWords(monitor.schedule)}</dd>
        <dt>Grace</dt>
        <dd>{durationInWords(monitor.graceMs)}</dd>
        <dt>Tells</dt>
        <dd>{channels.length > 0 ? <Names names={channels} /> : <Nobody {...{ monitor, projectId, mayOperate }} />}</dd>
        {tags.length > 0 && (
          <>
            <dt>Tags</dt>
            <dd class="tags">
              {tags.map((tag) => (
                <a class="tag" href={`/projects/${projectId}?tag=${encodeURIComponent(tag)}`} dir="auto">
                  {tag}
                </a>
              ))}
            </dd>
          </>
        )}
        <Rules monitor={monitor} />
        <dt>Created</dt>
        <dd>
          <Moment at={monitor.createdAt} reading={reading} />
        </dd>
      </dl>
    </section>
  )
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name, index) => (
        <>
          {index > 0 && ', '}
          <bdi>{name}</bdi>
        </>
      ))}
    </>
  )
}

function Nobody({ monitor, mayOperate }: Pick<MonitorPageProps, 'monitor' | 'mayOperate'>) {
  return (
    <>
      <strong>nobody</strong>
      {mayOperate && (
        <>
          : <a href={`/monitors/${monitor.uniqueKey}/edit`}>choose channels</a>
        </>
      )}
    </>
  )
}

function Rules({ monitor: { postOnly, manualResume, filter } }: Pick<MonitorPageProps, 'monitor'>) {
  const rules = [
    ...(postOnly ? ['Only POST counts.'] : []),
    ...(manualResume ? ['Only a person resumes it.'] : []),
    ...(filter.httpBody ? ['Words in the body decide what a ping means.'] : []),
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
    <section class="card" aria-labelledby="badge-title">
      <div class="card-head">
        <h2 id="badge-title">Badge</h2>
        <img class="badge" src={`${pathOf(url)}.svg`} alt={`Badge of ${name}`} height="20" />
      </div>
      <p class="help">
        Public to whoever has its address: the name and the status, as a picture or as{' '}
        <a href={`${pathOf(url)}.json`}>JSON</a>.
      </p>
      <Copyable id="badge-markdown" text={`![${plainText(name)}](${url}.svg)`} what="the Markdown of the badge" />
    </section>
  )
}

// The page shows its own badge from the address at which it was reached itself.
function pathOf(url: string): string {
  return url.slice(url.indexOf('/badge/'))
}

// Markdown may hold HTML, and pages of others show what is pasted into them.
function plainText(name: string): string {
  return name
    .replace(/[^\p{L}\p{M}\p{N} .,:+-]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
}
