import { DAY, HOUR } from '#lib/duration.ts'
import { type Body, type BodyReading, hasWideCharacters, readBody } from './body.ts'

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
  /** The bytes that were sent with it, as long as they are kept. */
  bodySize: number
  /** The bytes that were sent with it and are no longer kept, because newer bodies needed the room. */
  droppedBytes: number
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
  /** Search the subject, and the text, of pings by email. */
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

/** The text of a ping by email. */
export interface MailText {
  subject: string
  text: string
}

export interface IncomingPing {
  signal: PingSignal
  method: string
  body: Body
  reading?: BodyReading | undefined
  /** Set for a ping by email. */
  mail?: MailText | undefined
}

/** Decides how a ping counts. The order of the rules is part of the ping API. */
export function judgePing(rules: PingRules, isPaused: boolean, ping: IncomingPing): PingKind {
  if (isPaused && rules.manualResume) return 'ignored'
  if (rules.postOnly && ping.method !== 'POST') return 'ignored'
  const texts = decidingTexts(rules.filter, ping)
  return texts.length === 0 ? ping.signal : signalInTexts(rules.filter, texts)
}

// Empty if no text is searched.
function decidingTexts({ httpBody, subject, body }: PingFilter, ping: IncomingPing): string[] {
  if (ping.mail === undefined) return httpBody ? textsOf(ping) : []
  return [...(subject ? [ping.mail.subject] : []), ...(body ? [ping.mail.text] : [])]
}

// Bytes that look like a byte order mark may be something else, so keywords are searched in both readings.
function textsOf({ body, reading }: IncomingPing): string[] {
  const { head, tail } = readBody({ body, reading })
  if (!hasWideCharacters(body.head)) return [head, tail]
  return [head, tail, new TextDecoder().decode(body.head), new TextDecoder().decode(body.tail)]
}

function signalInTexts(filter: PingFilter, texts: readonly string[]): PingKind {
  if (containsAny(texts, filter.failureKeywords)) return 'fail'
  if (containsAny(texts, filter.successKeywords)) return 'success'
  if (containsAny(texts, filter.startKeywords)) return 'start'
  return filter.failsByDefault ? 'fail' : 'ignored'
}

// Each text is searched by itself, so that no keyword is found across the bytes that were cut out.
function containsAny(texts: readonly string[], keywords: string): boolean {
  return keywords
    .split(',')
    .map((keyword) => keyword.trim())
    .some((keyword) => keyword !== '' && texts.some((text) => text.includes(keyword)))
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
