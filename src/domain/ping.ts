import { DAY, HOUR } from '#lib/duration.ts'
import { type BodyReading, decodeBody, hasWideCharacters } from './body.ts'

/** What a job reports. */
export const PING_SIGNALS = ['success', 'start', 'fail', 'log'] as const
export type PingSignal = (typeof PING_SIGNALS)[number]

/** How a ping counts: as its signal, or `ignored` because of the monitor's rules. */
export type PingKind = PingSignal | 'ignored'

/** Pairs the start and the end of a run: a UUID in lower case. */
export type RunId = string

export interface Ping {
  kind: PingKind
  runId: RunId | null
  exitStatus: number | null
  /** The duration of the run as the client measured it, if it reports one. */
  measuredMs?: number | null
}

/** Where a ping came from. */
export interface PingOrigin {
  scheme: string
  method: string
  remoteAddress: string | null
  /** Truncated to `USER_AGENT_MAX` characters. */
  userAgent: string
  /** The name of the user who reported it manually; absent or null if a program did. */
  reportedBy?: string | null
}

export interface RecordedPing extends Ping, PingOrigin {
  monitorId: number
  /** 1 for the monitor's first ping; never reused. */
  number: number
  at: number
  durationMs: number | null
  bodySize: number
}

export const USER_AGENT_MAX = 200
export const EXIT_STATUS_MAX = 255
const RUN_MAX_MS = 72 * HOUR
const MEASURED_MAX_MS = 365 * DAY

/** Keywords in a ping's text that decide how it counts. Each list is comma-separated; an empty list matches nothing. */
export interface PingFilter {
  startKeywords: string
  successKeywords: string
  failureKeywords: string
  /** Search the subject, and the text, of pings by mail. */
  subject: boolean
  body: boolean
  /** Search the body of HTTP pings. */
  httpBody: boolean
  /** A ping without any keyword counts as a failure; if this is off, it is ignored. */
  failsByDefault: boolean
}

export interface PingRules {
  postOnly: boolean
  manualResume: boolean
  /** A shorter run counts as a failure; null for no minimum. */
  minRunMs: number | null
  filter: PingFilter
}

/** The text of a ping by mail. */
export interface MailText {
  subject: string
  text: string
}

export interface IncomingPing {
  signal: PingSignal
  method: string
  body: Uint8Array
  reading?: BodyReading | undefined
  /** Set for a ping by mail. */
  mail?: MailText | undefined
}

/** Decides how a ping counts. The order of the rules is part of the ping API. */
export function judgePing(rules: PingRules, isPaused: boolean, ping: IncomingPing): PingKind {
  if (isPaused && rules.manualResume) return 'ignored'
  if (rules.postOnly && ping.method !== 'POST') return 'ignored'
  const text = decidingText(rules.filter, ping)
  return text === null ? ping.signal : signalInText(rules.filter, text)
}

// Null if no text is searched.
function decidingText({ httpBody, subject, body }: PingFilter, ping: IncomingPing): string | null {
  if (ping.mail === undefined) return httpBody ? textOf(ping) : null
  const parts = [...(subject ? [ping.mail.subject] : []), ...(body ? [ping.mail.text] : [])]
  return parts.length === 0 ? null : parts.join('\n')
}

// Bytes that look like a byte order mark may be something else, so keywords are searched in both readings.
function textOf({ body, reading }: IncomingPing): string {
  const text = reading?.text ?? decodeBody(body, reading?.charset)
  return hasWideCharacters(body) ? `${text}\n${new TextDecoder().decode(body)}` : text
}

function signalInText(filter: PingFilter, text: string): PingKind {
  if (containsAny(text, filter.failureKeywords)) return 'fail'
  if (containsAny(text, filter.successKeywords)) return 'success'
  if (containsAny(text, filter.startKeywords)) return 'start'
  return filter.failsByDefault ? 'fail' : 'ignored'
}

function containsAny(text: string, keywords: string): boolean {
  return keywords
    .split(',')
    .map((keyword) => keyword.trim())
    .some((keyword) => keyword !== '' && text.includes(keyword))
}

/** The duration of the run that ends now. `previous` is the newest start or end with the same run id. */
export function runDurationMs(previous: { kind: PingKind; at: number } | null, now: number): number | null {
  if (previous?.kind !== 'start') return null
  const durationMs = now - previous.at
  return durationMs >= 0 && durationMs < RUN_MAX_MS ? durationMs : null
}

/**
 * The highest ping number that is beyond the limit of kept pings. It and lower ones are hidden, even before they are
 * deleted.
 */
export function lastPrunedNumber({ pingCount }: { pingCount: number }, kept: number): number {
  return Math.max(0, pingCount - kept)
}

/** A duration that a client measured, or null if it is impossible. */
export function measuredMs(ms: number): number | null {
  return ms >= 0 && ms <= MEASURED_MAX_MS ? Math.round(ms) : null
}

export function endsRun(kind: PingKind): boolean {
  return kind === 'success' || kind === 'fail'
}
