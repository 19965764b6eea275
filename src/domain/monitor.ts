import { sha1Hex } from '#lib/tokens.ts'
import type { Facets } from './fingerprint.ts'
import type { PingFilter, PingRules, RunId } from './ping.ts'
import type { Schedule } from './schedule.ts'
import type { StoredStatus } from './status.ts'

/** A run that has started and not ended. */
export interface OpenRun {
  startedAt: number
  runId: RunId | null
}

/** What a person sets and the state machine obeys. */
export interface MonitorRules extends PingRules {
  schedule: Schedule
  graceMs: number
}

/** What the state machine remembers. */
export interface MonitorState {
  status: StoredStatus
  pingCount: number
  lastPingAt: number | null
  openRun: OpenRun | null
  lastDurationMs: number | null
  /** The last runs, oldest first, at most `RECENT_RUNS_MAX`: one `RunMark` each. */
  recentRuns: string
  /** The moment the next ping is expected; null unless the monitor is up. */
  dueAt: number | null
  /** The moment it goes down if nothing comes: `dueAt` or the start of the open run, whichever is first, + grace. */
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
}

export interface Monitor extends WatchedMonitor, MonitorText {
  projectId: string
  /** The secret part of its ping URL. */
  pingKey: string
  /** Names the monitor without telling its ping key. */
  uniqueKey: string
  badgeKey: string
  createdAt: number
}

export type MonitorSettings = MonitorRules & MonitorText

export const NAME_MAX = 100
export const SLUG_MAX = 100
export const KEYWORDS_MAX = 200
export const TAGS_MAX = 500
export const DESCRIPTION_MAX = 10_000
export const RECENT_RUNS_MAX = 30

/** What became of a run, for the strip of the last ones: success, fail, missed (it was not heard of in time). */
export type RunMark = 's' | 'f' | 'm'

export const NEW_STATE: MonitorState = {
  status: 'new',
  pingCount: 0,
  lastPingAt: null,
  openRun: null,
  lastDurationMs: null,
  recentRuns: '',
  dueAt: null,
  deadlineAt: null,
}

export const NO_RULES: PingRules = {
  postOnly: false,
  manualResume: false,
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
    .replace(/[^a-z0-9_\s-]/g, '')
    .trim()
    .replace(/[\s-]+/g, '-')
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
export type MonitorChange = Partial<Omit<MonitorSettings, 'filter'>> & { filter?: Partial<PingFilter> }

export function changeSettings(settings: MonitorSettings, { filter, ...change }: MonitorChange): MonitorSettings {
  return { ...settings, ...change, filter: { ...settings.filter, ...filter } }
}

/** What its form shows of a monitor, in the order and by the names of the form. */
export function facetsOf(settings: MonitorSettings, channelIds: readonly string[]): Facets {
  const { name, schedule, graceMs, tags, description, slug, manualResume, postOnly, filter } = settings
  const { httpBody, failureKeywords, successKeywords, startKeywords, failsByDefault } = filter
  return [
    ['the name', name],
    ['the schedule', schedule],
    ['the grace', graceMs],
    ['the channels', [...channelIds].sort()],
    ['the tags', tags],
    ['the description', description],
    ['the slug', slug],
    ['who resumes it', manualResume],
    ['the methods that count', postOnly],
    ['the words in the body', [httpBody, failureKeywords, successKeywords, startKeywords, failsByDefault]],
  ]
}

/** Which monitor is meant, by what a person gave it; every field given must be equal. */
export interface MonitorMatch {
  name?: string
  slug?: string
  tags?: string
  periodMs?: number
  graceMs?: number
}

export function matchesMonitor(monitor: Monitor, match: MonitorMatch): boolean {
  const known: Required<MonitorMatch> = {
    name: monitor.name,
    slug: monitor.slug,
    tags: monitor.tags,
    periodMs: monitor.schedule.periodMs,
    graceMs: monitor.graceMs,
  }
  return Object.entries(match).every(([field, value]) => known[field as keyof MonitorMatch] === value)
}
