// The request of a webhook, from its templates and the message.
import type { Message } from '#channels/kind.ts'
import { isAboutMonitor, type MonitorNotification, notificationUrl } from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { notificationDetails, notificationSubject, notificationTitle, statusWord } from '#words/notification.ts'
import { type Header, parseHeaders } from './headers.ts'
import { type Escaping, RenderBudget, type Rendered, renderLiquid } from './liquid.ts'
import { fillPlaceholders, headerText, type Place, type PlaceholderValues } from './placeholders.ts'

export const METHODS = ['POST', 'PUT', 'PATCH', 'GET'] as const
export const TEMPLATE_LANGUAGES = ['none', 'placeholders', 'liquid'] as const
export type TemplateLanguage = (typeof TEMPLATE_LANGUAGES)[number]

/** The texts of a request, as people typed them. */
export interface RequestTemplate {
  method: (typeof METHODS)[number]
  url: string
  /** One per line. */
  headers: string
  /** Empty for CronGuard's own JSON, except with placeholders. */
  body: string
}

export interface WebhookRequest {
  method: RequestTemplate['method']
  url: string
  headers: readonly Header[]
  body: string
  /** What is wrong with a template. Its default is in place then. */
  problem: string | null
}

/** Builds the request. `ownJson` is CronGuard's own description of the message. */
export function buildRequest(
  { method, url, headers, body }: RequestTemplate,
  { language, message, ownJson }: { language: TemplateLanguage; message: Message; ownJson: object },
): WebhookRequest {
  const fill = fillerOf(language, { message, ownJson })
  const problems: string[] = []
  const fillOr = (fallback: string, place: Place, text: string, escaping: Escaping): string => {
    const result = fill(text, place, escaping)
    if ('text' in result) return result.text
    problems.push(`the template of the ${PLACES[place]} failed: ${result.problem}`)
    return fallback
  }
  const filled = {
    method,
    url: fillOr(url, 'url', url, 'url'),
    headers: parseHeaders(headers).map(
      ([name, value]): Header => [name, headerText(fillOr('', 'header', value, 'header'))],
    ),
  }
  const sent = method === 'GET' ? NO_BODY : bodyOf({ headers, body }, { language, ownJson, fillOr })
  const problem = problems.length > 0 ? [...new Set(problems)].join('; ') : null
  return { ...filled, ...withBody(filled.headers, sent), problem }
}

interface SentBody {
  body: string
  /** The type of the body if the headers name none. */
  type: string | null
  /** Whether the body replaces the one of the template, whose headers may name another type. */
  isReplaced: boolean
}

const NO_BODY: SentBody = { body: '', type: null, isReplaced: false }

function bodyOf(
  template: Pick<RequestTemplate, 'headers' | 'body'>,
  {
    language,
    ownJson,
    fillOr,
  }: {
    language: TemplateLanguage
    ownJson: object
    fillOr(fallback: string, place: Place, text: string, escaping: Escaping): string
  },
): SentBody {
  const own: SentBody = { body: JSON.stringify(ownJson), type: JSON_TYPE, isReplaced: false }
  const isPlain = language === 'placeholders'
  if (template.body === '') return isPlain ? NO_BODY : own
  const isJson = expectsJson(template)
  const body = fillOr(FAILED, 'body', template.body, isJson && !isPlain ? 'json' : 'none')
  if (body === FAILED) return { ...own, isReplaced: true }
  return { body, type: isPlain ? null : isJson ? JSON_TYPE : TEXT_TYPE, isReplaced: false }
}

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain; charset=utf-8'
/** In place of a body that could not be rendered. No template leads to it. */
const FAILED = '\0'

function withBody(headers: readonly Header[], { body, type, isReplaced }: SentBody) {
  const isType = ([name]: Header) => name.toLowerCase() === 'content-type'
  if (type === null || (headers.some(isType) && !isReplaced)) return { body, headers }
  return { body, headers: [...headers.filter((header) => !isType(header)), ['Content-Type', type] as const] }
}

const PLACES: Record<Place, string> = { url: 'URL', header: 'headers', body: 'body' }

/** Whether the body must be valid JSON: its type says so, or it looks like it and has no type. */
function expectsJson({ headers, body }: Pick<RequestTemplate, 'headers' | 'body'>): boolean {
  const type = parseHeaders(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return type === undefined ? /^\s*[[{]/.test(body) && !/^\s*\{[{%]/.test(body) : /\bjson\b/i.test(type)
}

type Fill = (text: string, place: Place, escaping: Escaping) => Rendered

function fillerOf(language: TemplateLanguage, { message, ownJson }: { message: Message; ownJson: object }): Fill {
  if (language === 'none') return (text) => ({ text })
  const budget = new RenderBudget()
  if (language === 'liquid') {
    const data = liquidData(message, ownJson)
    return (text, place, escaping) => {
      const rendered = renderLiquid(text, data, escaping, budget)
      const isWrong = place === 'body' && escaping === 'json' && 'text' in rendered && !isJson(rendered.text)
      return isWrong ? { problem: NOT_JSON } : rendered
    }
  }
  const values = placeholderValues(message)
  return (text, place) => {
    return budget.spend(() => ({ text: fillPlaceholders(text, values, place, budget.charactersLeft) }))
  }
}

/** Part of the problem of a body that must be JSON. */
export const NOT_JSON = 'the result is not valid JSON'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const NO_UUID = '00000000-0000-0000-0000-000000000000'

function placeholderValues(message: Message): PlaceholderValues {
  const { notification, output } = message
  const about = isAboutMonitor(notification) ? notification : null
  const check = message.check()
  return {
    CODE: String(check?.uuid ?? NO_UUID),
    STATUS: statusWord(notification),
    NOW: `${new Date(notification.at).toISOString().slice(0, 19)}+00:00`,
    NAME: notificationSubject(notification),
    SLUG: about?.monitor.slug ?? '',
    tags: about?.monitor.tags ?? [],
    EXITSTATUS: exitStatusOf(about),
    BODY: output?.text ?? '',
    JSON: JSON.stringify(check ?? { name: notificationSubject(notification), status: statusWord(notification) }),
  }
}

function exitStatusOf(about: MonitorNotification | null): string {
  return String(about?.lastPing?.exitStatus ?? -1)
}

/** The values of Liquid templates: the fields of CronGuard's JSON, and the names that Uptime Kuma uses. */
export function liquidData(message: Message, ownJson: object): object {
  const { notification, zone, baseUrl } = message
  const name = notificationSubject(notification)
  const msg = notificationDetails(notification, zone)
  const isUp = notification.status === 'up'
  const time = new Date(notification.at).toISOString()
  return {
    ...ownJson,
    title: notificationTitle(notification, zone),
    name,
    msg,
    hostnameOrURL: notificationUrl(notification, baseUrl),
    heartbeatJSON: { status: isUp ? 1 : 0, time, msg, important: true, duration: 0 },
    monitorJSON: { name, type: 'push', interval: isAboutMonitor(notification) ? graceSeconds(notification) : 0 },
  }
}

function graceSeconds({ monitor }: MonitorNotification): number {
  return Math.floor(monitor.graceMs / SECOND)
}

const HOSTILE = 'a "quoted" \\ name 🛡️\n{{ 7 }} $NAME </b>'

/** The same message full of special characters, to try templates with. */
export function hostileMessage(message: Message): Message {
  const { notification } = message
  if (!isAboutMonitor(notification)) return { ...message, notification: { ...notification, project: HOSTILE } }
  const monitor = { ...notification.monitor, name: HOSTILE, description: HOSTILE, tags: [HOSTILE] }
  const output = message.output && { text: HOSTILE.repeat(200), isCut: true }
  return { ...message, output, notification: { ...notification, monitor, project: HOSTILE } }
}
