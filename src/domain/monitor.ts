import { sha1Hex } from '#lib/tokens.ts'
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

export const NEW_STATE: MonitorState = {
  status: 'new',
  pingCount: 0,
  lastPingAt: null,
  openRun: null,
  lastDurationMs: null,
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

export function tagList(tags: string): string[] {
  return tags.split(/\s+/).filter((tag) => tag !== '')
}

/** Only what is to change. */
export type MonitorChange = Partial<Omit<MonitorSettings, 'filter'>> & { filter?: Partial<PingFilter> }

export function changeSettings(settings: MonitorSettings, { filter, ...change }: MonitorChange): MonitorSettings {
  return { ...settings, ...change, filter: { ...settings.filter, ...filter } }
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
