import { Elysia } from 'elysia'
import { shownName } from '#domain/monitor.ts'
import { decodeBody, lastForgotten, type RecordedPing } from '#domain/ping.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, type MonitorVisit, onMonitor } from '#http/guards.ts'
import { readableOf, readMail } from '#http/pings/mail-text.ts'
import { page } from '#http/respond.tsx'
import { AppError } from '#lib/errors.ts'
import { findPing, findPingBody } from '#store/pings.ts'
import { findPingNumbersAround } from '#store/timeline.ts'
import { PingPage } from '#views/pages/ping.tsx'

/** One ping with everything that is known of it, and its body as it came. */
export function pingRoutes(house: House) {
  return new Elysia({ name: 'web/ping' })
    .get(
      '/monitors/:monitor/pings/:number',
      onMonitor(house, 'look', (visit) => show(house, visit)),
    )
    .get(
      '/monitors/:monitor/pings/:number/body',
      onMonitor(house, 'look', (visit) => showRaw(house, visit)),
    )
}

async function show(house: House, visit: MonitorVisit): Promise<Response> {
  const { monitor } = visit
  const { db, config } = house.deps
  const forgotten = lastForgotten(monitor, config.retention.pingsPerMonitor)
  const ping = findMeant(house, visit)
  const body = findPingBody(db, ping)
  const mail = body && ping.scheme === 'email' ? await readMail(body) : null
  return page(
    <PingPage
      visit={frameOf(visit)}
      monitor={{ uniqueKey: monitor.uniqueKey, shownName: shownName(monitor) }}
      ping={ping}
      body={body && decodeBody(body)}
      mail={mail && readableOf(mail)}
      around={findPingNumbersAround(db, { monitorId: monitor.id, number: ping.number, forgotten })}
      reading={readingOf(visit)}
    />,
  )
}

// Whatever a job posted, a browser must take it for text, and run nothing of it.
function showRaw(house: House, visit: MonitorVisit): Response {
  const ping = findMeant(house, visit)
  const body = findPingBody(house.deps.db, ping)
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

function findMeant({ deps: { db, config } }: House, { monitor, params }: MonitorVisit): RecordedPing {
  const number = /^[1-9]\d{0,14}$/.test(params.number ?? '') ? Number(params.number) : 0
  const isKept = number > lastForgotten(monitor, config.retention.pingsPerMonitor)
  const ping = isKept ? findPing(db, { monitorId: monitor.id, number }) : null
  if (ping === null) throw new AppError('not_found', 'There is no such ping, or it is no longer kept.')
  return ping
}
