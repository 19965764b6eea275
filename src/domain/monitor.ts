import { HOUR } from '#lib/duration.ts'
import { sha1Hex } from '#lib/tokens.ts'
import type { PingFilter, PingRules, RunId } from './ping.ts'
import { DAILY, type Schedule } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/** A run that has started and not ended. */
export interface OpenRun {
  startedAt: number
  runId: RunId | null
  /** It took too long, and the monitor went down for it. */
  isJudged?: boolean
}

/** What a person sets and the state machine obeys. */
export interface MonitorRules extends PingRules {
  schedule: Schedule
  graceMs: number
  /** How long a run may take; null: as long as the grace. */
  maxRunMs: number | null
  /** How long before its slot a ping counts for it; null: it depends on the interval. */
  earlyMs: number | null
  /** With how many failures in a row it goes down, at least 1. */
  failuresToAlert: number
}

/** What the state machine remembers. */
export interface MonitorState {
  status: StoredStatus
  pingCount: number
  lastPingAt: number | null
  /** Oldest first, at most `OPEN_RUNS_MAX`; of a run id one at most. */
  openRuns: readonly OpenRun[]
  lastDurationMs: number | null
  /** Since the last success. */
  failuresInARow: number
  /** The last runs, oldest first, at most `RECENT_RUNS_MAX`: one `RunMark` each. */
  recentRuns: string
  /** The moment the next ping is expected; null unless the monitor is up. */
  dueAt: number | null
  /** Not judged before this moment, for CronGuard could not watch; null: as ever. */
  extendedUntil: number | null
  /** Whether that was a whole second chance since the last ping, and not only time that was lost. */
  wasExtended: boolean
  /** When a person resumed it, until its first ping; null: it waits for no first ping. */
  armedAt: number | null
  /** The time of the schedule that the last ping was followed by; `dueAt` is that, but null while a run is awaited. */
  slotAt: number | null
  /** The moment it goes down if nothing comes: `dueAt` + grace, or when a run has taken too long. */
  deadlineAt: number | null
}

/** All that deciding about a monitor needs. */
export interface WatchedMonitor extends MonitorRules, MonitorState {
  id: number
}

/** What a person sets and reads. */
export interface MonitorText {
  name: string
  slug: string
  /** Words, separated by spaces, kept as they were given. */
  tags: string
  description: string
  /** The token by which a tool that was replaced knew it; empty: none. */
  alias: string
  /** The only dialect in which the alias is known; null: in all of them. */
  aliasDialect: AliasDialect | null
}

export interface Monitor extends WatchedMonitor, MonitorText {
  projectId: string
  /** The secret part of its ping URL. */
  pingKey: string
  /** Names the monitor without telling its ping key. */
  uniqueKey: string
  badgeKey: string
  /** Since when its schedule is what it is. */
  scheduleSince: number
  createdAt: number
}

export type MonitorSettings = MonitorRules & MonitorText

export const NAME_MAX = 100
export const SLUG_MAX = 100
export const KEYWORDS_MAX = 200
export const TAGS_MAX = 500
export const DESCRIPTION_MAX = 10_000
export const RECENT_RUNS_MAX = 30
/** Of more, the oldest are forgotten. */
export const OPEN_RUNS_MAX = 100
export const FAILURES_TO_ALERT_MAX = 100
export const ALIAS_PATTERN = /^[A-Za-z0-9_-]{4,64}$/
/** A shorter one can be guessed. It comes only with an import. */
export const NEW_ALIAS_MIN = 16

/** The dialects in which a monitor is pinged by its alias. */
export const ALIAS_DIALECTS = ['kuma', 'snitch', 'cronitor', 'honeybadger'] as const
export type AliasDialect = (typeof ALIAS_DIALECTS)[number]

/** Whether a stranger could find it by trying. */
export function isGuessable(alias: string): boolean {
  return alias !== '' && alias.length < NEW_ALIAS_MIN
}

/** What became of a run, for the strip of the last ones: success, fail, missed (it was not heard of in time). */
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

/** Of one project: a project ping key makes monitors, and a page shows all of them. */
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

/** Once a day, with an hour of grace, and nothing else asked of it. */
export const NO_RULES: MonitorRules = {
  ...NO_PING_RULES,
  schedule: DAILY,
  graceMs: HOUR,
  maxRunMs: null,
  earlyMs: 0,
  failuresToAlert: 1,
}

/** What a monitor is when nobody says otherwise, as in the management API and for monitors made by a ping. */
export const DEFAULT_SETTINGS: MonitorSettings = {
  ...NO_RULES,
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

/** SHA-1 of the first 16 hex digits of the ping key, as Healthchecks clients expect it. */
export function uniqueKeyOf(pingKey: string): string {
  return sha1Hex(pingKey.replaceAll('-', '').slice(0, 16))
}

/** A monitor's name for people; never its ping key, which is a secret. */
export function shownName(monitor: { name: string; slug: string; uniqueKey: string }): string {
  return monitor.name || monitor.slug || `monitor ${monitor.uniqueKey.slice(0, 8)}`
}

/** The runs with one more; the oldest makes room. */
export function addRun(recentRuns: string, mark: RunMark): string {
  return (recentRuns + mark).slice(-RECENT_RUNS_MAX)
}

export function tagList(tags: string): string[] {
  return tags.split(/\s+/).filter((tag) => tag !== '')
}

/** "Nightly Report" becomes "nightly-report". Empty when no letter of the name can stand in a slug. */
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

/** The slug, or the first of "slug-2", "slug-3" ... that is free. An empty slug stays empty. */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (slug === '') return ''
  let free = slug
  for (let number = 2; taken.has(free); number++) {
    const ending = `-${number}`
    free = slug.slice(0, SLUG_MAX - ending.length) + ending
  }
  return free
}

/** Only what is to change. */
export type MonitorChange = Partial<Omit<MonitorSettings, 'filter' | 'schedule'>> & {
  /** A function where it depends on what is there. */
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
