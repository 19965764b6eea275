import type { BodyText, KeptMail } from '#domain/body.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { url } from '#lib/base-path.ts'
import { lengthInWords } from '#lib/duration.ts'
import { ExactMoment } from '#views/components/delivery.tsx'
import { Ago, type Reading } from '#views/components/moment.tsx'
import { PingMark } from '#views/components/ping-mark.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { cutInWords, shownPartInWords } from '#words/body.ts'
import { PING_WORDS } from '#words/ping.ts'

interface PingPageProps {
  context: FrameContext
  monitor: { uniqueKey: string; shownName: string }
  ping: RecordedPing
  /** The body as text; null if there is none, or if it is a raw email that the user may not read. */
  body: BodyText | null
  /** The parsed email, for a ping by email. */
  mail: KeptMail | null
  /** Whether the user may read the raw body, which can contain ping keys. */
  mayReadRaw: boolean
  /** The numbers of the pings before and after it that are kept. */
  formContext: { below: number | null; above: number | null }
  reading: Reading
}

/** Of the beginning and of the end of a body, each. */
const SHOWN_CHARACTERS = 100_000
/** Of an email, which is mostly code as it came; and of every text in which keys have to be masked. */
const SHOWN_FEWER_CHARACTERS = 10_000
const SHOWN_SUBJECT_CHARACTERS = 1000

export function PingPage({ context, monitor, ping, body, mail, mayReadRaw, formContext, reading }: PingPageProps) {
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Frame context={context} title={`Ping #${ping.number}: ${monitor.shownName}`} room="monitors" help="ping">
      <div class="page-head">
        <p class="crumbs">
          <a href={address} dir="auto">
            {monitor.shownName}
          </a>
        </p>
        <h1>
          Ping #{ping.number}: {PING_WORDS[ping.kind].toLowerCase()}
        </h1>
        <nav class="actions" aria-label="Previous and next ping">
          <Neighbor address={address} number={formContext.below} label="Previous" rel="prev" />
          <Neighbor address={address} number={formContext.above} label="Next" rel="next" />
        </nav>
      </div>
      <section class="section" aria-label="Details">
        <PingFacts ping={ping} reading={reading} />
      </section>
      {mail && <Mail {...mail} />}
      {(mayReadRaw || mail === null) && (
        <Body body={body} ping={ping} rawAddress={mayReadRaw ? `${address}/pings/${ping.number}/body` : null} />
      )}
    </Frame>
  )
}

interface NeighborProps {
  address: string
  number: number | null
  label: string
  rel: 'prev' | 'next'
}

function Neighbor({ address, number, label, rel }: NeighborProps) {
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
      <dt>Result</dt>
      <dd>
        <PingMark kind={ping.kind} />
        {ping.reportedBy && (
          <span>
            , reported manually by <bdi>{ping.reportedBy}</bdi>
          </span>
        )}
      </dd>
      <dt>Received</dt>
      <dd>
        <ExactMoment at={ping.at} zone={reading.zone} /> (<Ago at={ping.at} reading={reading} />)
      </dd>
      <dt>Duration</dt>
      <dd>{ping.durationMs === null ? 'not measured' : lengthInWords(ping.durationMs)}</dd>
      <dt>Exit status</dt>
      <dd>{ping.exitStatus ?? 'none'}</dd>
      <dt>Run ID</dt>
      <dd>{ping.runId === null ? 'none' : <code>{ping.runId}</code>}</dd>
      <dt>Method</dt>
      <dd>{ping.method === '' ? 'email' : `${ping.method} over ${ping.scheme.toUpperCase()}`}</dd>
      <dt>IP address</dt>
      <dd>{ping.remoteAddress ?? 'unknown'}</dd>
      <dt>User agent</dt>
      <dd dir="auto">{ping.userAgent || 'none'}</dd>
    </dl>
  )
}

function Mail({ subject, parts }: KeptMail) {
  return (
    <section class="section" aria-labelledby="mail-title">
      <h2 id="mail-title" dir="auto">
        {visible(beginning(subject, SHOWN_SUBJECT_CHARACTERS)) || '(no subject)'}
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
  const shown = beginning(text, SHOWN_FEWER_CHARACTERS)
  return (
    <>
      <BodyPart text={shown || '(no text)'} />
      {shown.length < text.length && (
        <p class="soft">{shownPartInWords({ characters: SHOWN_FEWER_CHARACTERS, hasEnd: false })}</p>
      )}
    </>
  )
}

interface BodyProps {
  body: BodyText | null
  ping: Pick<RecordedPing, 'bodySize' | 'droppedBytes' | 'scheme'>
  /** Null: only who may operate the monitor reads it so. */
  rawAddress: string | null
}

const NOT_STORED = 'newer ones needed the space, or the disk was almost full'

function Body({ body, ping: { bodySize, droppedBytes, scheme }, rawAddress }: BodyProps) {
  if (body === null) {
    return (
      <section class="section" aria-label="Body">
        <p class="soft">
          {droppedBytes > 0
            ? `The body (${droppedBytes.toLocaleString('en')} bytes) is not stored: ${NOT_STORED}.`
            : 'No body. Output that a job sends with its ping appears here.'}
        </p>
      </section>
    )
  }
  return (
    <section class="section" aria-labelledby="body-title">
      <div class="section-head">
        <h2 id="body-title">Body</h2>
        <p class="soft">
          {bodySize.toLocaleString('en')} {bodySize === 1 ? 'byte' : 'bytes'}
          {rawAddress !== null && ', '}
          {rawAddress !== null && <a href={rawAddress}>Raw</a>}
        </p>
      </div>
      <BodyParts
        {...body}
        shownMax={scheme === 'email' || rawAddress === null ? SHOWN_FEWER_CHARACTERS : SHOWN_CHARACTERS}
        rawAddress={rawAddress}
      />
    </section>
  )
}

interface BodyPartsProps extends BodyText, Pick<BodyProps, 'rawAddress'> {
  shownMax: number
}

// Bytes that are not stored and characters that are only not shown are two things.
function BodyParts({ head, tail, cutBytes, shownMax, rawAddress }: BodyPartsProps) {
  const [shownHead, shownTail] = [beginning(head, shownMax), end(tail, shownMax)]
  const isPart = shownHead.length < head.length || shownTail.length < tail.length
  const cut = cutInWords({ cutBytes })
  return (
    <>
      <BodyPart text={shownHead} />
      {isPart && (
        <p class="soft">
          {shownPartInWords({ characters: shownMax, hasEnd: tail !== '' })}
          {rawAddress !== null && ' '}
          {rawAddress !== null && <a href={rawAddress}>Show all</a>}
        </p>
      )}
      {cut && <p class="soft">{cut}</p>}
      {tail !== '' && <BodyPart text={shownTail} />}
    </>
  )
}

function BodyPart({ text }: { text: string }) {
  return (
    <pre class="ping-body" dir="auto" tabindex="0">
      {visible(text)}
    </pre>
  )
}

function end(text: string, characters: number): string {
  return [...text.slice(-2 * characters)].slice(-characters).join('')
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
