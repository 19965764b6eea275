import { decodeBody, type KeptMail } from '#domain/body.ts'
import { shownName } from '#domain/monitor.ts'
import { lastPrunedNumber, type RecordedPing, USER_AGENT_MAX } from '#domain/ping.ts'
import { may } from '#domain/project.ts'
import { type Conceal, concealFor } from '#http/concealing.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type MonitorRequest, onMonitor, type WebDeps } from '#http/guards.ts'
import { mailOf } from '#http/mails.ts'
import { KEPT_PART_MAX, KEPT_SUBJECT_MAX } from '#http/pings/mail-text.ts'
import { page } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { findReading } from '#store/bodies.ts'
import { findPing, findPingBody } from '#store/pings.ts'
import { findPingNumbersAround } from '#store/timeline.ts'
import { PingPage } from '#views/pages/ping.tsx'

/** One ping with everything that is known of it, and its body as it came. */
export function pingRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/ping')
    .get(
      '/monitors/:monitor/pings/:number',
      onMonitor(web, 'look', (context) => show(web, context)),
    )
    .get(
      '/monitors/:monitor/pings/:number/body',
      onMonitor(web, 'operate', (context) => showRaw(web, context)),
    )
}

async function show(web: WebDeps, context: MonitorRequest): Promise<Response> {
  const { monitor } = context
  const { db, config } = web.deps
  const forgotten = lastPrunedNumber(monitor, config.retention.pingsPerMonitor)
  const ping = findMeant(web, context)
  const conceal = concealFor(web.deps, context)
  const mayOperate = may(context.project.role, 'operate')
  const mail = await mailOf(web.deps, ping)
  return page(
    <PingPage
      context={frameOf(context)}
      monitor={{ uniqueKey: monitor.uniqueKey, shownName: shownName(monitor) }}
      ping={concealPing(ping, conceal)}
      body={ping.scheme !== 'email' || mayOperate ? shownBody(web, { ping, conceal }) : null}
      mail={mail && concealMail(mail, conceal)}
      droppedBytes={findReading(db, ping)?.droppedBytes ?? null}
      mayReadRaw={mayOperate}
      formContext={findPingNumbersAround(db, { monitorId: monitor.id, number: ping.number, forgotten })}
      reading={readingOf(context)}
    />,
  )
}

function concealPing(ping: RecordedPing, conceal: Conceal): RecordedPing {
  const userAgent = conceal(ping.userAgent, ping.userAgent.length >= USER_AGENT_MAX)
  return { ...ping, userAgent, runId: ping.runId && conceal(ping.runId, false) }
}

function concealMail({ subject, parts, ...mail }: KeptMail, conceal: Conceal): KeptMail {
  return {
    ...mail,
    subject: conceal(subject, subject.length >= KEPT_SUBJECT_MAX),
    parts: parts.map(({ name, text }) => ({ name, text: conceal(text, text.length >= KEPT_PART_MAX) })),
  }
}

/** Characters that are looked at; the page shows fewer. */
const READ_MAX = 25_000

function shownBody(
  { deps: { db, config } }: WebDeps,
  { ping, conceal }: { ping: RecordedPing; conceal: Conceal },
): string | null {
  const body = findPingBody(db, ping)
  if (body === null) return null
  const reading = findReading(db, ping)
  const text = reading?.text ?? decodeBody(body, reading?.charset)
  return conceal(text.slice(0, READ_MAX), text.length > READ_MAX || body.length >= config.pingBodyLimit)
}

// Whatever a job posted, a browser must take it for text, and run nothing of it. It may hold ping keys.
function showRaw(web: WebDeps, context: MonitorRequest): Response {
  const ping = findMeant(web, context)
  const body = findPingBody(web.deps.db, ping)
  if (body === null) throw new AppError('not_found', 'This ping had no body.')
  return new Response(new Uint8Array(body), {
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `inline; filename="ping-${ping.number}.txt"`,
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
  })
}

function findMeant({ deps: { db, config } }: WebDeps, { monitor, params }: MonitorRequest): RecordedPing {
  const number = /^[1-9]\d{0,14}$/.test(params.number ?? '') ? Number(params.number) : 0
  const isKept = number > lastPrunedNumber(monitor, config.retention.pingsPerMonitor)
  const ping = isKept ? findPing(db, { monitorId: monitor.id, number }) : null
  if (ping === null) throw new AppError('not_found', 'There is no such ping, or it is no longer kept.')
  return ping
}
