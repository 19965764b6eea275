import { DAY, HOUR } from '#lib/duration.ts'
import { type BodyReading, decodeBody, hasWideCharacters } from './body.ts'

/** What a job reports. */
export const PING_SIGNALS = ['success', 'start', 'fail', 'log'] as const
export type PingSignal = (typeof PING_SIGNALS)[number]

/** What a ping came to be: a signal, or `ignored` because the monitor's rules do not let it count. */
export type PingKind = PingSignal | 'ignored'

/** Names a run, so that its start and its end find each other: a lower-case UUID. */
export type RunId = string

export interface Ping {
  kind: PingKind
  runId: RunId | null
  exitStatus: number | null
  /** How long the run took by the clock of the client, where it says that. */
  measuredMs?: number | null
}

/** Who pinged, and how. */
export interface PingOrigin {
  scheme: string
  method: string
  remoteAddress: string | null
  /** Cut to `USER_AGENT_MAX` characters. */
  userAgent: string
  /** The name of the person who reported it by hand, as it was then; absent or null: a program did. */
  reportedBy?: string | null
}

export interface RecordedPing extends Ping, PingOrigin {
  monitorId: number
  /** 1 for the first ping of a monitor; never given twice. */
  number: number
  at: number
  durationMs: number | null
  bodySize: number
}

export const USER_AGENT_MAX = 200
export const EXIT_STATUS_MAX = 255
const RUN_MAX_MS = 72 * HOUR
const MEASURED_MAX_MS = 365 * DAY

/** Words in a ping's text that decide what it means. Each list is comma-separated; an empty one matches nothing. */
export interface PingFilter {
  startKeywords: string
  successKeywords: string
  failureKeywords: string
  /** Look at the subject, and at the text, of pings by mail. */
  subject: boolean
  body: boolean
  /** Look at the body of pings by HTTP. */
  httpBody: boolean
  /** Text without any of the words is a failure; otherwise it is ignored. */
  failsByDefault: boolean
}

export interface PingRules {
  postOnly: boolean
  manualResume: boolean
  /** A run that ends sooner has failed; null: none is too short. */
  minRunMs: number | null
  filter: PingFilter
}

/** What a ping by mail says. */
export interface MailText {
  subject: string
  text: string
}

export interface IncomingPing {
  signal: PingSignal
  method: string
  body: Uint8Array
  reading?: BodyReading | undefined
  /** Of a ping by mail. */
  mail?: MailText | undefined
}

/** Decides what a ping counts as; the order of the rules is part of the ping API. */
export function judgePing(rules: PingRules, isPaused: boolean, ping: IncomingPing): PingKind {
  if (isPaused && rules.manualResume) return 'ignored'
  if (rules.postOnly && ping.method !== 'POST') return 'ignored'
  const text = decidingText(rules.filter, ping)
  return text === null ? ping.signal : signalInText(rules.filter, text)
}

// Null: no words are looked for.
function decidingText({ httpBody, subject, body }: PingFilter, ping: IncomingPing): string | null {
  if (ping.mail === undefined) return httpBody ? textOf(ping) : null
  const parts = [...(subject ? [ping.mail.subject] : []), ...(body ? [ping.mail.text] : [])]
  return parts.length === 0 ? null : parts.join('\n')
}

// What looks like a byte order mark may be anything: words count in both readings.
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

/** How long the run took that ends now, given the newest ping with its run id that is a start or an end. */
export function runDurationMs(previous: { kind: PingKind; at: number } | null, now: number): number | null {
  if (previous?.kind !== 'start') return null
  const durationMs = now - previous.at
  return durationMs >= 0 && durationMs < RUN_MAX_MS ? durationMs : null
}

/** Pings with this number or a lower one are not kept, and seen nowhere, whether or not they are deleted yet. */
export function lastPrunedNumber({ pingCount }: { pingCount: number }, kept: number): number {
  return Math.max(0, pingCount - kept)
}

/** What a client measured; null for what no run can have taken. */
export function measuredMs(ms: number): number | null {
  return ms >= 0 && ms <= MEASURED_MAX_MS ? Math.round(ms) : null
}

export function endsRun(kind: PingKind): boolean {
  return kind === 'success' || kind === 'fail'
}
