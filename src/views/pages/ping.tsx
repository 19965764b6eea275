import type { KeptMail } from '#domain/body.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { url } from '#lib/base-path.ts'
import { lengthInWords } from '#lib/duration.ts'
import { ExactMoment } from '#views/components/delivery.tsx'
import { Ago, type Reading } from '#views/components/moment.tsx'
import { PING_WORDS, PingMark } from '#views/components/ping-mark.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

interface PingPageProps {
  context: FrameContext
  monitor: { uniqueKey: string; shownName: string }
  ping: RecordedPing
  /** As text, however it came; null when there was none, and of a mail for who may not read it as it came. */
  body: string | null
  /** How much its body held, when newer ones needed the room. */
  droppedBytes: number | null
  /** What it says, when it came by mail. */
  mail: KeptMail | null
  /** Its bytes as they came may hold ping keys. */
  mayReadRaw: boolean
  /** The numbers of the pings before and after it that are kept. */
  formContext: { below: number | null; above: number | null }
  reading: Reading
}

const SHOWN_CHARACTERS = 10_000
const SHOWN_SUBJECT_CHARACTERS = 1000

export function PingPage({
  context,
  monitor,
  ping,
  body,
  droppedBytes,
  mail,
  mayReadRaw,
  formContext,
  reading,
}: PingPageProps) {
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Frame context={context} title={`Ping ${ping.number} of ${monitor.shownName}`} room="monitors" help="ping">
      <div class="page-head">
        <p class="crumbs">
          <a href={address} dir="auto">
            {monitor.shownName}
          </a>
        </p>
        <h1>
          Ping #{ping.number}: {PING_WORDS[ping.kind].toLowerCase()}
        </h1>
        <nav class="actions" aria-label="Pings before and after">
          <Neighbour address={address} number={formContext.below} label="Previous" rel="prev" />
          <Neighbour address={address} number={formContext.above} label="Next" rel="next" />
        </nav>
      </div>
      <section class="section" aria-label="Details">
        <PingFacts ping={ping} reading={reading} />
      </section>
      {mail && <Mail {...mail} />}
      {(mayReadRaw || mail === null) && (
        <Body
          body={body}
          droppedBytes={droppedBytes}
          size={ping.bodySize}
          rawAddress={mayReadRaw ? `${address}/pings/${ping.number}/body` : null}
        />
      )}
    </Frame>
  )
}

interface NeighbourProps {
  address: string
  number: number | null
  label: string
  rel: 'prev' | 'next'
}

function Neighbour({ address, number, label, rel }: NeighbourProps) {
  if (number === null) return null
  return (
    <a class="button button-small" href={`${address}/pings/${number}`} rel={rel}>
      {label}
    </a>
  )
}

function PingFacts({ ping, reading }: Pick<PingPageProps, 'ping' | 'reading'>) {
  return (
    <dl class="facts">
      <dt>Reported</dt>
      <dd>
        <PingMark kind={ping.kind} />
        {ping.reportedBy && (
          <span>
            {' '}
            manually by <bdi>{ping.reportedBy}</bdi>
          </span>
        )}
      </dd>
      <dt>Came</dt>
      <dd>
        <ExactMoment at={ping.at} zone={reading.zone} /> (<Ago at={ping.at} reading={reading} />)
      </dd>
      <dt>Run took</dt>
      <dd>{ping.durationMs === null ? 'not timed' : lengthInWords(ping.durationMs)}</dd>
      <dt>Exit status</dt>
      <dd>{ping.exitStatus ?? 'none given'}</dd>
      <dt>Run id</dt>
      <dd>{ping.runId === null ? 'none given' : <code>{ping.runId}</code>}</dd>
      <dt>Method</dt>
      <dd>{ping.method === '' ? 'by mail' : `${ping.method} over ${ping.scheme}`}</dd>
      <dt>Address</dt>
      <dd>{ping.remoteAddress ?? 'unknown'}</dd>
      <dt>User agent</dt>
      <dd dir="auto">{ping.userAgent || 'none given'}</dd>
    </dl>
  )
}

function Mail({ subject, parts }: KeptMail) {
  return (
    <section class="section" aria-labelledby="mail-title">
      <h2 id="mail-title" dir="auto">
        {visible(beginning(subject, SHOWN_SUBJECT_CHARACTERS)) || 'A mail without a subject'}
      </h2>
      {parts.length === 1
        ? parts.map(MailPart)
        : parts.map((part, index) => (
            <details class="advanced" open={index === 0}>
              <summary>{part.name}</summary>
              <MailPart {...part} />
            </details>
          ))}
    </section>
  )
}

function MailPart({ text }: KeptMail['parts'][number]) {
  return (
    <pre class="ping-body" dir="auto" tabindex="0">
      {visible(beginning(text, SHOWN_CHARACTERS)) || 'It has no text.'}
    </pre>
  )
}

interface BodyProps {
  body: string | null
  droppedBytes: number | null
  size: number
  /** Null: only who may operate the monitor reads it so. */
  rawAddress: string | null
}

function Body({ body, droppedBytes, size, rawAddress }: BodyProps) {
  if (droppedBytes !== null) {
    return (
      <section class="section" aria-label="Body">
        <p class="soft">
          Its body of {droppedBytes.toLocaleString('en')} bytes is no longer kept, to make room for newer bodies.
        </p>
      </section>
    )
  }
  if (body === null) {
    return (
      <section class="section" aria-label="Body">
        <p class="soft">It had no body. What a job posts with its ping is kept, and shown here.</p>
      </section>
    )
  }
  const shown = beginning(body, SHOWN_CHARACTERS)
  return (
    <section class="section" aria-labelledby="body-title">
      <div class="section-head">
        <h2 id="body-title">Body</h2>
        <p class="soft">
          {size.toLocaleString('en')} {size === 1 ? 'byte' : 'bytes'}
          {rawAddress !== null && ', '}
          {rawAddress !== null && <a href={rawAddress}>raw</a>}
        </p>
      </div>
      <pre class="ping-body" dir="auto" tabindex="0">
        {visible(shown)}
      </pre>
      {shown.length < body.length && (
        <p class="soft">
          These are the first {SHOWN_CHARACTERS.toLocaleString('en')} characters.
          {rawAddress !== null && ' '}
          {rawAddress !== null && <a href={rawAddress}>All of it</a>}
        </p>
      )}
    </section>
  )
}

// A body may be long: only what can be shown is taken apart.
function beginning(text: string, characters: number): string {
  return [...text.slice(0, 2 * characters)].slice(0, characters).join('')
}

// Unicode has a picture for each control character; the page itself cannot hold most of them.
function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/(?![\n\t])\p{Cc}/gu, (sign) => {
    const code = sign.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421'
  })
}
