// The page of a monitor, its live parts, and actions such as pause, resume and delete.

import { unusableReasonOf } from '#actions/channels.ts'
import { parentView } from '#actions/dependencies.ts'
import { deleteMonitor, type MonitorRef, pauseMonitor, resumeMonitor } from '#actions/monitors.ts'
import { recordPing, rulesForUsers } from '#actions/pings.ts'
import { channelTitle } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { displayName } from '#domain/account.ts'
import { NO_BODY } from '#domain/body.ts'
import type { Channel } from '#domain/channel.ts'
import type { Monitor } from '#domain/monitor.ts'
import { type PingKind, USER_AGENT_MAX } from '#domain/ping.ts'
import { may } from '#domain/project.ts'
import { shownStatus } from '#domain/status.ts'
import { hintZone, type ZoneHint, zonesToTry } from '#domain/zone-hint.ts'
import { orRerender } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type MonitorRequest, onMonitor, type WebDeps } from '#http/guards.ts'
import { mailOf } from '#http/mails.ts'
import { peerOf, schemeOf } from '#http/peer.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { type Address, url } from '#lib/base-path.ts'
import { timeZones } from '#lib/zone.ts'
import { listChannelsOfMonitor } from '#store/channels.ts'
import { hasEarlierPingLike, listPings } from '#store/pings.ts'
import { CONFIRMED_FIELD } from '#views/layouts/confirmation.tsx'
import { MonitorPage, type MonitorUrls, type NotifiedChannel } from '#views/pages/monitor.tsx'
import { MonitorDeletePage } from '#views/pages/monitor-delete.tsx'
import { MonitorReportPage } from '#views/pages/monitor-report.tsx'
import { chartsPart, incidentsPart, overviewPart, timelinePart } from './monitor-parts.tsx'

export function monitorRoutes(web: WebDeps) {
  const form = { parse: 'none' } as const
  return cookieRoutes(web.deps, 'web/monitor')
    .get(
      '/monitors/:monitor',
      onMonitor(web, 'look', (context) => show(web, context)),
    )
    .post(
      '/monitors/:monitor/pause',
      onMonitor(web, 'operate', (context) => pause(web, context)),
      form,
    )
    .post(
      '/monitors/:monitor/resume',
      onMonitor(web, 'operate', (context) => resume(web, context)),
      form,
    )
    .get(
      '/monitors/:monitor/ping',
      onMonitor(web, 'operate', (context) => confirmPing(web, context)),
    )
    .post(
      '/monitors/:monitor/ping',
      onMonitor(web, 'operate', (context) => ping(web, context)),
      form,
    )
    .get(
      '/monitors/:monitor/delete',
      onMonitor(web, 'operate', (context) =>
        page(<MonitorDeletePage context={frameOf(context)} monitor={context.monitor} />),
      ),
    )
    .post(
      '/monitors/:monitor/delete',
      onMonitor(web, 'operate', (context) => remove(web, context)),
      form,
    )
}

async function show(web: WebDeps, context: MonitorRequest): Promise<Response> {
  const { monitor, project } = context
  return page(
    <MonitorPage
      context={frameOf(context)}
      projectId={project.id}
      monitor={monitor}
      parent={parentView(web.deps.db, monitor)}
      mayOperate={may(project.role, 'operate')}
      urls={urlsOf(web, context)}
      channels={listChannelsOfMonitor(web.deps.db, monitor.id).map((channel) => toNotifiedChannel(web.deps, channel))}
      reading={readingOf(context)}
      zoneHint={zoneHintOf(web, context)}
      parts={{
        overview: overviewPart(web, context),
        charts: chartsPart(web, context),
        incidents: incidentsPart(web, context),
        timeline: timelinePart(web, context),
      }}
      // Comes last, because it may wait for an email to be parsed, and everything else is read from one moment.
      confirmation={await confirmationOf(web.deps, monitor)}
    />,
  )
}

const ZONE_HINT_PINGS = 50
const ZONE_HINT_TIMES = 10

// Starts of runs are closest to the scheduled time. Pings from before a change of the schedule don't count.
function zoneHintOf({ deps: { db } }: WebDeps, { monitor, user }: MonitorRequest): ZoneHint | null {
  const pings = listPings(db, { monitorId: monitor.id, limit: ZONE_HINT_PINGS })
  const times = (kind: PingKind) =>
    pings.flatMap((ping) => (ping.kind === kind && ping.at >= monitor.scheduleSince ? [ping.at] : []))
  const [starts, successes] = [times('start'), times('success')]
  const pingTimes = (starts.length > 0 ? starts : successes).slice(0, ZONE_HINT_TIMES)
  return hintZone(monitor.schedule, { pingTimes, zones: zonesToTry(user.timeZone, timeZones()) })
}

// Before a mail provider forwards emails, it sends an email with a link that the user must open. The page points to it.
async function confirmationOf(deps: Deps, monitor: Monitor): Promise<number | null> {
  const [newest] = listPings(deps.db, { monitorId: monitor.id, limit: 1 })
  if (newest?.scheme !== 'email' || hasEarlierPingLike(deps.db, newest)) return null
  const mail = await mailOf(deps, newest)
  return mail?.asksToConfirm ? newest.number : null
}

function toNotifiedChannel(deps: Deps, channel: Channel): NotifiedChannel {
  return { name: channelTitle(channel), unusableReason: unusableReasonOf(deps, channel) }
}

function urlsOf({ deps }: WebDeps, { monitor, project }: MonitorRequest): MonitorUrls {
  const { baseUrl } = deps.config
  const ping = `${baseUrl}/ping/${monitor.pingKey}`
  const slugUrl = may(project.role, 'administer') ? `${baseUrl}/ping/${project.pingKey}/${monitor.slug}` : null
  const bySlug = monitor.slug === '' ? null : { slug: monitor.slug, url: slugUrl }
  const secret = may(project.role, 'operate') ? { ping, mail: mailAddressOf(deps, monitor), bySlug } : null
  return { secret, badge: `${baseUrl}/badge/${monitor.badgeKey}` }
}

function mailAddressOf({ config: { pingMail } }: Deps, { pingKey }: Monitor): string | null {
  return pingMail && `${pingKey}@${pingMail.domain}`
}

function pause({ deps }: WebDeps, { monitor }: MonitorRequest): Response {
  pauseMonitor(deps, refOf(monitor))
  return redirect(addressOf(monitor), 'monitor-paused')
}

// If another user or a ping has already resumed the monitor, that isn't an error.
function resume({ deps }: WebDeps, { monitor }: MonitorRequest): Promise<Response> {
  return orRerender(
    deps,
    () => {
      resumeMonitor(deps, refOf(monitor), 'armed')
      return redirect(addressOf(monitor), 'monitor-resumed')
    },
    () => redirect(addressOf(monitor)),
  )
}

function confirmPing({ deps }: WebDeps, context: MonitorRequest): Response {
  if (!isDown(deps, context.monitor)) return redirect(addressOf(context.monitor))
  return page(<MonitorReportPage context={frameOf(context)} monitor={context.monitor} />)
}

function isDown({ clock }: Deps, monitor: Monitor): boolean {
  return shownStatus(monitor, clock.now()) === 'down'
}

// Filters of pings don't apply to a ping that a user sends with the button. It would end an incident, so the user must
// confirm if the monitor went down after the page was rendered.
async function ping({ deps }: WebDeps, { monitor, request, form, user }: MonitorRequest): Promise<Response> {
  const isConfirmed = form.text(CONFIRMED_FIELD) !== ''
  if (!isConfirmed && isDown(deps, monitor)) return redirect(url(`/monitors/${monitor.uniqueKey}/ping`))
  const { kind } = await recordPing(deps, {
    rules: rulesForUsers,
    address: { pingKey: monitor.pingKey },
    signal: 'success',
    exitStatus: null,
    runId: null,
    origin: {
      scheme: schemeOf(request),
      method: 'POST',
      remoteAddress: peerOf(request),
      userAgent: (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX),
      reportedBy: displayName(user),
    },
    ...NO_BODY,
  })
  return redirect(addressOf(monitor), kind === 'ignored' ? 'monitor-ping-ignored' : 'monitor-pinged')
}

function remove({ deps }: WebDeps, { monitor }: MonitorRequest): Response {
  deleteMonitor(deps, refOf(monitor))
  return redirect(url(`/projects/${monitor.projectId}`), 'monitor-deleted')
}

function refOf({ projectId, pingKey }: Monitor): MonitorRef {
  return { projectId, pingKey }
}

function addressOf({ uniqueKey }: Monitor): Address {
  return url(`/monitors/${uniqueKey}`)
}
