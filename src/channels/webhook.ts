import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { type GapNotice, isJobNotice, type JobNotice, type Notice } from '#domain/notice.ts'
import {
  type Again,
  type Circumstances,
  incidentUrl,
  isAboutMonitor,
  type MonitorNotification,
  type Notification,
  notificationUrl,
} from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { asSentence } from '#lib/sentence.ts'
import { hmacSha256Hex } from '#lib/tokens.ts'
import { acknowledgerInWords } from '#words/acknowledgment.ts'
import { contentOf } from '#words/message.ts'
import { notificationSubject } from '#words/notification.ts'
import { scheduleInWords } from '#words/schedule.ts'
import type { ChannelKind, Message, SavingRules, Transports } from './kind.ts'
import { requestUrl, shownSecretUrl } from './shared/fields.ts'
import { concealHeaders, HeaderLines } from './shared/headers.ts'
import { outcomeOf } from './shared/http.ts'
import { TEMPLATE_MAX } from './shared/liquid.ts'
import { WEBHOOK_FIELDS, WEBHOOK_PRESETS } from './shared/webhook-fields.ts'
import {
  buildRequest,
  hostileMessage,
  METHODS,
  NOT_JSON,
  type RequestTemplate,
  TEMPLATE_LANGUAGES,
  type WebhookRequest,
} from './shared/webhook-request.ts'

/** What isn't set has its default. */
type WebhookSettings = z.infer<typeof WebhookSettings>

const SECRET_MAX = 200
const TIMEOUT_MS = 5 * SECOND

const Url = requestUrl().refine(hasFixedHost, "The host can't contain a placeholder.")
const Body = z.string().max(TEMPLATE_MAX).optional()
const Headers = HeaderLines.optional()
const Method = z.enum(METHODS).optional()

const WebhookSettings = z
  .object({
    url: Url,
    secret: z.string().max(SECRET_MAX).optional(),
    language: z.enum(TEMPLATE_LANGUAGES).optional(),
    method: Method,
    headers: Headers,
    body: Body,
    down: z.enum(['send', 'none']).optional(),
    up: z.enum(['same', 'own', 'none']).optional(),
    upMethod: Method,
    upUrl: Url.optional(),
    upHeaders: Headers,
    upBody: Body,
    test: z.enum(['same', 'own']).optional(),
    testMethod: Method,
    testUrl: Url.optional(),
    testHeaders: Headers,
    testBody: Body,
  })
  .refine(({ up, upUrl }) => up !== 'own' || upUrl, { path: ['upUrl'], error: 'Enter a URL.' })
  .refine(({ test, testUrl }) => test !== 'own' || testUrl, { path: ['testUrl'], error: 'Enter a URL.' })

export const webhook: ChannelKind<WebhookSettings> = {
  kind: 'webhook',
  label: 'Webhook',
  group: 'Email and webhooks',
  offer: 'Sends an HTTP request to your URL, with JSON or your own template.',
  guide: null,
  needsMailServer: false,
  isForPrograms: true,
  fields: WEBHOOK_FIELDS,
  settings: WebhookSettings,
  presets: WEBHOOK_PRESETS,
  problems: templateProblems,
  preview,
  summary: ({ url }) => shownSecretUrl(url),
  skips: (settings, notification) => {
    const { status } = notification
    return prefixFor(settings, notification) === null ? `The channel sends nothing for “${status}”` : null
  },
  send,
}

function hasFixedHost(url: string): boolean {
  return !/[${}]/.test(decodeURIComponent(new URL(url).host))
}

async function send(settings: WebhookSettings, message: Message, { outbound }: Transports): Promise<Outcome> {
  const request = requestFor(settings, message)
  if (request === null) throw new Error('A skipped notification has no request.')
  const { method, url, headers, body, problem } = request
  const result = await outbound.send({
    method,
    url,
    headers: {
      'User-Agent': 'CronGuard',
      'X-CronGuard-Delivery': message.deliveryId,
      ...(settings.secret ? { 'X-CronGuard-Signature': `sha256=${hmacSha256Hex(settings.secret, body)}` } : {}),
      ...Object.fromEntries(headers),
    },
    body,
    timeoutMs: TIMEOUT_MS,
  })
  const outcome = outcomeOf(result, { textOf: () => undefined })
  return problem === null
    ? outcome
    : { ...outcome, detail: `${outcome.detail}. CronGuard's default was sent, because ${problem}` }
}

/** Null if nothing is sent for this message. */
function requestFor(settings: WebhookSettings, message: Message): WebhookRequest | null {
  const prefix = prefixFor(settings, message.notification)
  if (prefix === null) return null
  const { language = 'none' } = settings
  return buildRequest(templateWith(settings, prefix), { language, message, ownJson: webhookBody(message) })
}

/** What the names of the fields begin with whose template is used. Null if nothing is sent. */
type Prefix = '' | 'up' | 'test'

function prefixFor(settings: WebhookSettings, { isTest, status }: Notification): Prefix | null {
  const { test = 'same', up = 'same', down = 'send' } = settings
  if (isTest) return test === 'own' ? 'test' : ''
  if (status === 'up' && up === 'own') return 'up'
  const isSent = status === 'up' ? up === 'same' : down === 'send'
  return isSent ? '' : null
}

function templateWith(settings: WebhookSettings, prefix: Prefix): RequestTemplate {
  return prefix === '' ? mainTemplate(settings) : ownTemplate(settings, prefix)
}

function mainTemplate({ method = 'POST', url, headers = '', body = '' }: WebhookSettings): RequestTemplate {
  return { method, url, headers, body }
}

function ownTemplate(settings: WebhookSettings, prefix: 'up' | 'test'): RequestTemplate {
  return {
    method: settings[`${prefix}Method`] ?? 'POST',
    url: settings[`${prefix}Url`] ?? settings.url,
    headers: settings[`${prefix}Headers`] ?? '',
    body: settings[`${prefix}Body`] ?? '',
  }
}

/** The request as text, without the values of headers that may be secret. */
function preview(settings: WebhookSettings, message: Message): { text: string; problem: string | null } {
  const request = requestFor(settings, message)
  if (request === null) return { text: 'Nothing is sent.', problem: null }
  const headers = request.headers.map(([name, value]) => `${name}: ${value}`).join('\n')
  const lines = [`${request.method} ${request.url}`, concealHeaders(headers), '', indented(request.body)]
  const problem = request.problem && `CronGuard's default is sent, because ${asSentence(request.problem)}`
  return { text: lines.join('\n').trim(), problem }
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/**
 * Problems of templates with messages full of special characters, by field. After the first problem of a field, its
 * template is not tried again, because each try may take its time.
 */
function templateProblems(settings: WebhookSettings, { samples }: SavingRules): Record<string, string> {
  const problems: Record<string, string> = {}
  if (settings.language !== 'liquid') return problems
  for (const sample of samples) {
    const prefix = prefixFor(settings, sample.notification)
    const field = prefix === '' ? 'body' : `${prefix}Body`
    const isTried = prefix !== null && problems[field] === undefined
    const problem = isTried ? (requestFor(settings, hostileMessage(sample))?.problem ?? null) : null
    if (problem === null) continue
    const when = `${OCCASIONS[sample.notification.isTest ? 'test' : sample.notification.status]}, ${problem}.`
    problems[field] = problem.includes(NOT_JSON) ? `${when} ${JSON_ADVICE}` : when
  }
  return problems
}

const OCCASIONS = {
  down: 'For down',
  up: 'For up',
  blind: 'After CronGuard was offline',
  notice: 'For a notice',
  test: 'For a test',
} as const
const JSON_ADVICE = 'Write values as "{{ name }}" or {{ name | json }}.'

/** The webhook's wire format: snake_case, times as ISO 8601 in UTC, durations in whole seconds. */
export function webhookBody(message: Message): Record<string, unknown> {
  const { notification, deliveryId, baseUrl, links, output } = message
  return {
    monitor_name: notificationSubject(notification),
    status: notification.status,
    timestamp: iso(notification.at),
    details: contentOf(message).details,
    reason: notification.reason,
    test: notification.isTest,
    delivery_id: deliveryId,
    project: notification.project,
    ...(isAboutMonitor(notification) ? aboutMonitor(notification) : aboutNotice(notification)),
    output: output?.text ?? null,
    url: notificationUrl(notification, baseUrl),
    incident_url: incidentUrl(notification, baseUrl),
    acknowledge_url: links.acknowledge,
    ...(links.snooze && { snooze_url: links.snooze }),
    ...(isAboutMonitor(notification) && notification.again && aboutAgain(notification.again)),
  }
}

/** Only of an incident that people are notified of again. */
function aboutAgain(again: Again) {
  switch (again.is) {
    case 'reminder':
      return { event: 'reminder', reminder: again.number }
    case 'unmuted':
      return { event: `${again.by}-ended` }
    case 'escalation':
      return { event: 'escalation' }
  }
}

function aboutMonitor({ monitor, lastPing, dueAt, downMs, circumstances }: MonitorNotification) {
  return {
    monitor: {
      name: monitor.name,
      slug: monitor.slug,
      unique_key: monitor.uniqueKey,
      tags: monitor.tags,
      description: monitor.description,
      schedule: scheduleInWords(monitor.schedule),
      grace_seconds: seconds(monitor.graceMs),
      ping_count: monitor.pingCount,
    },
    last_ping: lastPing && {
      kind: lastPing.kind,
      timestamp: iso(lastPing.at),
      exit_status: lastPing.exitStatus,
      duration_seconds: secondsOrNull(lastPing.durationMs),
    },
    expected_at: isoOrNull(dueAt),
    down_seconds: secondsOrNull(downMs),
    ...aboutCircumstances(circumstances),
  }
}

// All are null for a notification that an earlier version queued.
function aboutCircumstances({ runs, lastSuccessAt = null, usualMs = null, ...rest }: Partial<Circumstances> = {}) {
  const { othersDown, acknowledgment } = rest
  return {
    missed_runs: runs?.missed ?? null,
    last_success: isoOrNull(lastSuccessAt),
    usual_seconds: secondsOrNull(usualMs),
    others_down: othersDown ? { count: othersDown.count, names: othersDown.names } : null,
    acknowledged: acknowledgment
      ? { timestamp: iso(acknowledgment.at), by: acknowledgerInWords(acknowledgment) }
      : null,
  }
}

function aboutNotice(notice: Notice) {
  if (notice.status === 'blind') return aboutGap(notice)
  if (notice.reason === 'unsubscribed') return { monitor: null, channel: notice.channel }
  const monitor = { name: notice.monitor.name, unique_key: notice.monitor.uniqueKey }
  if (isJobNotice(notice)) return { event: notice.reason, monitor, ...aboutJob(notice) }
  return { monitor, maintenance: { until: iso(notice.until), address: notice.address } }
}

function aboutJob(notice: JobNotice) {
  switch (notice.reason) {
    case 'late':
      return { due: iso(notice.dueAt) }
    case 'never-pinged':
      return { since: iso(notice.since) }
    case 'too-often':
      return { successes: notice.count, expected_at_most: notice.max }
    case 'odd-run':
      return { seconds: secondsOrNull(notice.durationMs), usual_seconds: secondsOrNull(notice.usualMs) }
    case 'first-ping':
      return {}
  }
}

// The former name, `blackout`, stays for one release, so that existing receivers keep working.
function aboutGap({ from, at, extendedCount, extended }: GapNotice) {
  const span = { from: iso(from), to: iso(at) }
  return {
    monitor: null,
    gap: { ...span, monitors_extended: extendedCount, names: extended },
    blackout: { ...span, monitors_spared: extendedCount, names: extended },
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at)
}

function secondsOrNull(ms: number | null): number | null {
  return ms === null ? null : seconds(ms)
}

function seconds(ms: number): number {
  return Math.floor(ms / SECOND)
}
