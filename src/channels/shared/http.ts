// One HTTP request to a service, and what its answer means.

import { blockedOutcome, type Message, networkOutcome, type Transports } from '#channels/kind.ts'
import type { Outcome } from '#domain/delivery.ts'
import { SECOND } from '#lib/duration.ts'
import type { OutboundAnswer, OutboundRequest, OutboundResult } from '#lib/outbound.ts'

const TIMEOUT_MS = 15 * SECOND
const RETRY_AFTER_MAX_MS = 3600 * SECOND
const TEXT_MAX = 120

/** Where a user wants no message. */
export const PRIORITY_IS_NOTHING = 'The priority is “Send nothing”'

export interface ServiceRequest {
  method?: OutboundRequest['method']
  url: string
  headers?: Record<string, string>
  /** The body: at most one of these. */
  json?: unknown
  form?: Record<string, string>
  body?: string
}

/** How to read a service's answers. */
export interface AnswerRules {
  /** Whether the service accepted the message. By default a status code of 2xx. */
  isSent?(answer: ServiceAnswer): boolean
  /** Whether the destination is gone permanently, so that the channel is disabled. By default never. */
  endsChannel?(answer: ServiceAnswer): boolean
  /** Whether the service will never accept a message with these settings. By default 410. */
  isPermanent?(answer: ServiceAnswer): boolean
  /** The service's own words about the error. */
  textOf?(answer: ServiceAnswer): unknown
  receiptOf?(answer: ServiceAnswer): unknown
  /** The seconds to wait, if the body says so. By default those of the header. */
  retryAfterOf?(answer: ServiceAnswer): unknown
}

export interface ServiceAnswer {
  status: number
  body: string
  /** The body as JSON, or an empty object. */
  json: Record<string, unknown>
}

/** Sends a message with one request. */
export async function sendRequest(
  request: ServiceRequest,
  { message, transports, rules = {} }: { message: Message; transports: Transports; rules?: AnswerRules },
): Promise<Outcome> {
  return outcomeOf(await callService(request, { message, transports }), rules)
}

/** Every request carries the delivery ID, so that our own receivers can recognize duplicates. */
export function callService(
  { method = 'POST', url, headers = {}, json, form, body = '' }: ServiceRequest,
  { message, transports }: { message: Pick<Message, 'deliveryId'>; transports: Transports },
): Promise<OutboundResult> {
  const [type, text] =
    json !== undefined
      ? ['application/json', JSON.stringify(json)]
      : form !== undefined
        ? ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()]
        : [null, body]
  return transports.outbound.send({
    method,
    url,
    headers: {
      ...(type && { 'Content-Type': type }),
      'User-Agent': 'CronGuard',
      'X-CronGuard-Delivery': message.deliveryId,
      ...headers,
    },
    body: text,
    timeoutMs: TIMEOUT_MS,
  })
}

export function outcomeOf(result: OutboundResult, rules: AnswerRules = {}): Outcome {
  if (result.kind === 'failure') return networkOutcome(result)
  if (result.kind === 'blocked') return blockedOutcome(result)
  return answerOutcome(result, rules)
}

function answerOutcome(result: OutboundAnswer, rules: AnswerRules): Outcome {
  const { isSent = isSuccess, isPermanent = isGone, endsChannel, textOf = usualTextOf, receiptOf, retryAfterOf } = rules
  const answer = readAnswer(result)
  const detail = `Received status code ${answer.status}`
  if (isSent(answer)) {
    const receipt = receiptOf?.(answer)
    return { result: 'sent', detail, ...(isShort(receipt) && { receipt: String(receipt) }) }
  }
  const text = textOf(answer)
  return {
    result: 'failed',
    reason: 'status',
    detail: typeof text === 'string' && text.trim() !== '' ? `${detail}: ${onOneLine(text)}` : detail,
    isPermanent: isPermanent(answer),
    ...(endsChannel?.(answer) && { endsChannel: true }),
    ...waitOf(retryAfterOf?.(answer) ?? secondsOf(result.headers)),
  }
}

export function readAnswer({ status, body }: OutboundAnswer): ServiceAnswer {
  return { status, body, json: jsonOf(body) }
}

function jsonOf(body: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(body)
    return json !== null && typeof json === 'object' ? (json as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function isSuccess({ status }: ServiceAnswer): boolean {
  return status >= 200 && status < 300
}

function isGone({ status }: ServiceAnswer): boolean {
  return status === 410
}

// Most services use these names.
function usualTextOf({ json }: ServiceAnswer): unknown {
  const { error, message, description, errors } = json
  return [description, message, error, Array.isArray(errors) ? errors[0] : errors].find(
    (text) => typeof text === 'string',
  )
}

function isShort(receipt: unknown): boolean {
  return (typeof receipt === 'string' && receipt !== '' && receipt.length <= 200) || typeof receipt === 'number'
}

function onOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX)}…` : line
}

// The header holds seconds, or a date by the receiver's own clock.
function secondsOf({ date = '', 'retry-after': value = '' }: OutboundAnswer['headers']): unknown {
  return /[a-z]/i.test(value) ? Math.max(0, (Date.parse(value) - Date.parse(date)) / SECOND) : value
}

function waitOf(value: unknown): { retryAfterMs?: number } {
  if (!/^\d+(\.\d+)?$/.test(String(value))) return {}
  return { retryAfterMs: Math.min(Math.ceil(Number(value) * SECOND), RETRY_AFTER_MAX_MS) }
}
