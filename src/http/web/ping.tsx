import type { Deps } from '#deps.ts'
import { type BodyText, HEAD_MAX, type KeptBody, type KeptMail, readBody } from '#domain/body.ts'
import { shownName } from '#domain/monitor.ts'
import { lastPrunedNumber, type RecordedPing, USER_AGENT_MAX } from '#domain/ping.ts'
import { may } from '#domain/project.ts'
import { type Conceal, concealFor } from '#http/concealing.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type MonitorRequest, onMonitor, type WebDeps } from '#http/guards.ts'
import { mailOf } from '#http/mails.ts'
import { KEPT_SUBJECT_MAX, STORED_PART_MAX } from '#http/pings/mail-text.ts'
import { rawBody } from '#http/raw-body.ts'
import { page } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { findBody } from '#store/bodies.ts'
import { findPing } from '#store/pings.ts'
import { findPingNumbersAround } from '#store/timeline.ts'
import { PingPage } from '#views/pages/ping.tsx'

/** The page of a ping with all details, and its raw body. */
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
  const { monitor, project } = context
  const { db, config } = web.deps
  const conceal = concealFor(web.deps, context)
  const mayOperate = may(project.role, 'operate')
  const forgotten = lastPrunedNumber(monitor, config.retention.pingsPerMonitor)
  const ping = findMeant(web, context)
  const around = findPingNumbersAround(db, { monitorId: monitor.id, number: ping.number, forgotten })
  const kept = findBody(db, ping)
  const isShown = kept !== null && (ping.scheme !== 'email' || mayOperate)
  return page(
    <PingPage
      context={frameOf(context)}
      monitor={{ uniqueKey: monitor.uniqueKey, shownName: shownName(monitor) }}
      ping={concealPing(ping, conceal)}
      body={isShown ? bodyFor({ kept, limit: config.pingBodyLimit, conceal: mayOperate ? null : conceal }) : null}
      mayReadRaw={mayOperate}
      formContext={around}
      reading={readingOf(context)}
      // Comes last, because it may wait for the mail to be parsed, and everything else is read from one moment.
      mail={await mailFor(web.deps, { ping, conceal })}
    />,
  )
}

function concealPing(ping: RecordedPing, conceal: Conceal): RecordedPing {
  const userAgent = conceal(ping.userAgent, ping.userAgent.length >= USER_AGENT_MAX)
  return { ...ping, userAgent, runId: ping.runId && conceal(ping.runId, false) }
}

async function mailFor(
  deps: Deps,
  { ping, conceal }: { ping: RecordedPing; conceal: Conceal },
): Promise<KeptMail | null> {
  const mail = await mailOf(deps, ping)
  if (mail === null) return null
  const { subject, parts } = mail
  return {
    ...mail,
    subject: conceal(subject, subject.length >= KEPT_SUBJECT_MAX),
    parts: parts.map(({ name, text }) => ({ name, text: conceal(text, text.length >= STORED_PART_MAX) })),
  }
}

/** Keys are masked in this many characters of each part. The page shows fewer. */
const MASKED_MAX = 25_000

// Earlier versions didn't store how much they cut, but they cut at the limit.
function textOf({ body, reading }: KeptBody, limit: number): BodyText {
  const text = readBody({ body, reading })
  if (text.cutBytes !== null || body.head.length >= Math.min(limit, HEAD_MAX)) return text
  return { ...text, cutBytes: 0 }
}

function bodyFor({ kept, limit, conceal }: { kept: KeptBody; limit: number; conceal: Conceal | null }): BodyText {
  const text = textOf(kept, limit)
  if (conceal === null) return text
  const { head, tail, cutBytes } = text
  const isCut = cutBytes !== 0
  return {
    head: conceal(head.slice(0, MASKED_MAX), isCut || head.length > MASKED_MAX),
    tail: tail === '' ? '' : conceal(tail.slice(-MASKED_MAX), { start: true, end: false }),
    cutBytes,
  }
}

// Jobs can send HTML and scripts, which a browser must show as plain text. The body may contain ping keys.
function showRaw(web: WebDeps, context: MonitorRequest): Response {
  const ping = findMeant(web, context)
  const kept = findBody(web.deps.db, ping)
  if (kept === null) throw new AppError('not_found', 'This ping has no body.')
  return rawBody(kept, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': `inline; filename="ping-${ping.number}.txt"`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  })
}

function findMeant({ deps: { db, config } }: WebDeps, { monitor, params }: MonitorRequest): RecordedPing {
  const number = /^[1-9]\d{0,14}$/.test(params.number ?? '') ? Number(params.number) : 0
  const isKept = number > lastPrunedNumber(monitor, config.retention.pingsPerMonitor)
  const ping = isKept ? findPing(db, { monitorId: monitor.id, number }) : null
  if (ping === null) throw new AppError('not_found', 'Ping not found. It may have been deleted because of its age.')
  return ping
}
