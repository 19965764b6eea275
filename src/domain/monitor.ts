import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { sha1Hex } from '#lib/tokens.ts'
import type { PingFilter, PingRules, RunId } from './ping.ts'
import { DAILY, type Schedule } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/** A run that started and hasn't ended. */
export interface OpenRun {
  startedAt: number
  runId: RunId | null
  /** Whether it took too long, so that the monitor went down. */
  isJudged?: boolean
}

/** The settings that the state machine uses. */
export interface MonitorRules extends PingRules {
  schedule: Schedule
  graceMs: number
  /** The longest run; null for the grace period. */
  maxRunMs: number | null
  /** How long before its slot a ping may arrive; null for a default that depends on the interval. */
  earlyMs: number | null
  /** The number of failures in a row after which it goes down, at least 1. */
  failuresToAlert: number
}

/** The state of the state machine. */
export interface MonitorState {
  status: StoredStatus
  pingCount: number
  lastPingAt: number | null
  /** Oldest first, at most `OPEN_RUNS_MAX`, and at most one per run ID. */
  openRuns: readonly OpenRun[]
  lastDurationMs: number | null
  /** Failures since the last success. */
  failuresInARow: number
  /** One `RunMark` for each of the last runs, oldest first, at most `RECENT_RUNS_MAX`. */
  recentRuns: string
  /** When the next ping is expected; null unless the monitor is up. */
  dueAt: number | null
  /** The monitor doesn't go down before this time, because CronGuard was offline; null if there is no extension. */
  extendedUntil: number | null
  /** Whether the deadline was extended by a whole grace period since the last ping, not only by the time offline. */
  wasExtended: boolean
  /** When it was resumed, until the next ping; null if no ping is awaited because of that. */
  armedAt: number | null
  /** The scheduled time that follows the last ping. `dueAt` is the same, but null while the end of a run is awaited. */
  slotAt: number | null
  /** When it goes down if no ping arrives: `dueAt` plus the grace period, or the end of the longest run. */
  deadlineAt: number | null
}

/** A monitor as the state machine needs it. */
export interface WatchedMonitor extends MonitorRules, MonitorState {
  id: number
}

/** The settings that decide who is notified, and when. */
export interface AlertRules {
  /** How often people are reminded while it is down; null for never. */
  remindMs: number | null
  /** Whether the time between reminders doubles each time, up to a day. */
  remindLess: boolean
  /** Whether notifications about it are sent during the quiet hours of channels, too. */
  isUrgent: boolean
  /** How many successes within a period are not too many; 0 for any number. */
  maxPings: number
  /** The unique key of the monitor that holds its notifications while that is down; empty for none. */
  dependsOn: string
}

/** The settings that are only for people. */
export interface MonitorText {
  name: string
  slug: string
  /** Tags separated by spaces, stored as entered. */
  tags: string
  description: string
  /** The job's token in the tool that CronGuard replaces; empty for none. */
  alias: string
  /** The only dialect that accepts the alias; null for all. */
  aliasDialect: AliasDialect | null
}

export interface Monitor extends WatchedMonitor, MonitorText, AlertRules {
  projectId: string
  /** The secret part of its ping URL. */
  pingKey: string
  /** Identifies the monitor without revealing its ping key. */
  uniqueKey: string
  badgeKey: string
  /** When its schedule was last changed. */
  scheduleSince: number
  createdAt: number
}

export type MonitorSettings = MonitorRules & MonitorText & AlertRules

export const NAME_MAX = 100
export const SLUG_MAX = 100
export const KEYWORDS_MAX = 200
export const TAGS_MAX = 500
export const DESCRIPTION_MAX = 10_000
export const RECENT_RUNS_MAX = 30
/** Beyond this number the oldest runs are dropped. */
export const OPEN_RUNS_MAX = 100
export const FAILURES_TO_ALERT_MAX = 100
export const REMIND_MIN_MS = MINUTE
export const REMIND_MAX_MS = 31 * DAY
export const ALIAS_PATTERN = /^[A-Za-z0-9_-]{4,64}$/
/** A shorter alias can be guessed. Only an import creates one. */
export const NEW_ALIAS_MIN = 16

/** The dialects that ping a monitor by its alias. */
export const ALIAS_DIALECTS = ['kuma', 'snitch', 'cronitor', 'honeybadger'] as const
export type AliasDialect = (typeof ALIAS_DIALECTS)[number]

/** Whether a stranger could guess the alias. */
export function isGuessable(alias: string): boolean {
  return alias !== '' && alias.length < NEW_ALIAS_MIN
}

/** The result of a run for the strip of last runs: success, fail, or missed (no ping in time). */
export type RunMark = 's' | 'f' | 'm'

export const NEW_STATE: MonitorState = {
  status: 'new',
  pingCount: 0,
  lastPingAt: null,
  openRuns: [],
  lastDurationMs: null,
  failuresInARow: 0,
  recentRuns: '',
  dueAt: null,
  extendedUntil: null,
  wasExtended: false,
  armedAt: null,
  slotAt: null,
  deadlineAt: null,
}

/** Per project. Limits what a leaked ping key can create, and what a page must show. */
export const MONITORS_MAX = 5000

export const NO_PING_RULES: PingRules = {
  postOnly: false,
  manualResume: false,
  minRunMs: null,
  filter: {
    startKeywords: '',
    successKeywords: '',
    failureKeywords: '',
    subject: false,
    body: false,
    httpBody: false,
    failsByDefault: false,
  },
}

/** Once a day, with a grace period of one hour. */
export const NO_RULES: MonitorRules = {
  ...NO_PING_RULES,
  schedule: DAILY,
  graceMs: HOUR,
  maxRunMs: null,
  earlyMs: 0,
  failuresToAlert: 1,
}

export const NO_ALERT_RULES: AlertRules = {
  remindMs: null,
  remindLess: false,
  isUrgent: false,
  maxPings: 0,
  dependsOn: '',
}

/** The defaults of the management API and of monitors that a ping creates. */
export const DEFAULT_SETTINGS: MonitorSettings = {
  ...NO_RULES,
  ...NO_ALERT_RULES,
  name: '',
  slug: '',
  tags: '',
  description: '',
  alias: '',
  aliasDialect: null,
}

export interface MonitorKeys {
  pingKey: string
  uniqueKey: string
  badgeKey: string
}

/** SHA-1 of the first 16 hex digits of the ping key, as in Healthchecks. */
export function uniqueKeyOf(pingKey: string): string {
  return sha1Hex(pingKey.replaceAll('-', '').slice(0, 16))
}

/** The monitor's name for people. It never contains the ping key, which is a secret. */
export function shownName(monitor: { name: string; slug: string; uniqueKey: string }): string {
  return monitor.name || monitor.slug || `monitor ${monitor.uniqueKey.slice(0, 8)}`
}

/** Appends a run and drops the oldest one if there are too many. */
export function addRun(recentRuns: string, mark: RunMark): string {
  return (recentRuns + mark).slice(-RECENT_RUNS_MAX)
}

export function tagList(tags: string): string[] {
  return tags.split(/\s+/).filter((tag) => tag !== '')
}

/** "Nightly Report" becomes "nightly-report". Empty if no character of the name is allowed in a slug. */
export function slugify(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_\t-\r -]/g, '')
    .trim()
    .replace(/[\s-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, SLUG_MAX)
}

/** The slug, or the first free one of "slug-2", "slug-3" and so on. An empty slug stays empty. */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (slug === '') return ''
  let free = slug
  for (let number = 2; taken.has(free); number++) {
    const ending = `-${number}`
    free = slug.slice(0, SLUG_MAX - ending.length) + ending
  }
  return free
}

/** The settings to change. */
export type MonitorChange = Partial<Omit<MonitorSettings, 'filter' | 'schedule'>> & {
  /** A function if the new value depends on the current one. */
  filter?: Partial<PingFilter> | ((filter: PingFilter) => Partial<PingFilter>)
  schedule?: Partial<Schedule>
}

export function changeSettings(
  settings: MonitorSettings,
  { filter, schedule, ...change }: MonitorChange,
): MonitorSettings {
  return {
    ...settings,
    ...change,
    schedule: { ...settings.schedule, ...schedule },
    filter: { ...settings.filter, ...(typeof filter === 'function' ? filter(settings.filter) : filter) },
  }
}
