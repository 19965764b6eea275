// A monitor in the words of the management API, with the names and the key order of Healthchecks.
import { overdueRun } from '#domain/lifecycle.ts'
import type { Monitor } from '#domain/monitor.ts'
import {
  defaultOf,
  MONITOR_SETTINGS,
  type MonitorSetting,
  type SettingField,
  settingValue,
} from '#domain/monitor-settings.ts'
import type { SettingValue } from '#domain/setting.ts'
import { type ShownStatus, shownStatus } from '#domain/status.ts'
import { MINUTE } from '#lib/duration.ts'
import { seconds, timeOrNull } from './wire-time.ts'

export interface WireSetting extends MonitorSetting {
  wire: string
}

/** The settings that the API has. */
export const WIRE_SETTINGS = MONITOR_SETTINGS.filter((setting): setting is WireSetting => setting.wire !== null)

/**
 * Settings that Healthchecks doesn't have are left out of responses if they have their default. A client of
 * Healthchecks can then send back the check that it received.
 */
export const ADDED_SETTINGS: SettingField[] = [
  'maxRunMs',
  'minRunMs',
  'earlyMs',
  'failuresToAlert',
  'remindMs',
  'remindLess',
  'isUrgent',
  'maxPings',
  'dependsOn',
  'alias',
]

export interface CheckView {
  monitor: Monitor
  channelIds: string[]
  now: number
  baseUrl: string
}

/** Who reads the check. */
export interface CheckReader {
  /** The version of the API. */
  version: 1 | 2 | 3
  access: 'read-only' | 'read-write'
}

const STATUS_WORDS: Record<ShownStatus, string> = {
  new: 'new',
  up: 'up',
  late: 'grace',
  down: 'down',
  paused: 'paused',
}

/** A check for a response. Read-only API keys don't get the ping key. */
export function toCheck(view: CheckView, { version, access }: CheckReader) {
  const { monitor, baseUrl } = view
  const { alias, ...settings } = shownSettings(monitor)
  return {
    ...settings,
    n_pings: monitor.pingCount,
    status: statusWord(view, version),
    started: monitor.openRuns.length > 0,
    last_ping: timeOrNull(monitor.lastPingAt),
    next_ping: timeOrNull(nextPingAt(monitor)),
    subject: monitor.filter.subject ? monitor.filter.successKeywords : '',
    subject_fail: monitor.filter.subject ? monitor.filter.failureKeywords : '',
    badge_url: `${baseUrl}/b/2/${monitor.badgeKey}.svg`,
    ...(access === 'read-only' ? { unique_key: monitor.uniqueKey } : { ...addresses(view, version), alias }),
    ...(isSubminute(monitor) ? { subminute: true } : {}),
    ...lastDuration(monitor),
  }
}

const ADDED = WIRE_SETTINGS.filter(({ field }) => ADDED_SETTINGS.includes(field))
const OF_PERIOD = WIRE_SETTINGS.filter(({ field }) => field === 'schedule.periodMs')
const OF_EXPRESSION = WIRE_SETTINGS.filter((one) => one.group === 'schedule' && !OF_PERIOD.includes(one))
const ALWAYS = WIRE_SETTINGS.filter((one) => one.group !== 'schedule' && !ADDED.includes(one))
const BLANK: Record<string, SettingValue> = Object.fromEntries(ALWAYS.map(({ wire }) => [wire, null]))

/** The settings of a monitor under the API's names: a period or an expression, and our additions unless default. */
export function shownSettings(monitor: Monitor): Record<string, SettingValue> {
  // Copies of one object are the fastest to fill and to write as JSON.
  const shown = { ...BLANK }
  const add = (setting: WireSetting) => {
    shown[setting.wire] = toWire(setting, settingValue(monitor, setting))
  }
  ALWAYS.forEach(add)
  const ofSchedule = monitor.schedule.kind === 'period' ? OF_PERIOD : OF_EXPRESSION
  ofSchedule.forEach(add)
  ADDED.filter((setting) => settingValue(monitor, setting) !== defaultOf(setting)).forEach(add)
  return shown
}

export function toWire({ field, kind }: WireSetting, value: SettingValue): SettingValue {
  if (field === 'postOnly') return value ? 'POST' : ''
  return kind.is === 'duration' && typeof value === 'number' ? seconds(value) : value
}

// Version 1 calls a running check "started" unless it is down because the run took too long.
function statusWord({ monitor, now }: CheckView, version: CheckReader['version']): string {
  const status = shownStatus(monitor, now)
  const isRunning = monitor.openRuns.length > 0 && overdueRun(monitor, now) === undefined
  return version === 1 && isRunning ? 'started' : STATUS_WORDS[status]
}

// A running check shows its start time. A check that is down has no next ping.
function nextPingAt({ status, dueAt, openRuns: [run] }: Monitor): number | null {
  if (status === 'down') return null
  if (dueAt === null || run === undefined) return dueAt ?? run?.startedAt ?? null
  return Math.min(dueAt, run.startedAt)
}

function addresses({ monitor, channelIds, baseUrl }: CheckView, version: CheckReader['version']) {
  const url = `${baseUrl}/api/v${version}/checks/${monitor.pingKey}`
  return {
    uuid: monitor.pingKey,
    ping_url: `${baseUrl}/ping/${monitor.pingKey}`,
    update_url: url,
    pause_url: `${url}/pause`,
    resume_url: `${url}/resume`,
    channels: channelIds.join(','),
  }
}

// A client that sends back such a check must set `subminute`, so the response contains it.
function isSubminute({ schedule, graceMs, maxRunMs }: Monitor): boolean {
  return Math.min(graceMs, maxRunMs ?? graceMs, schedule.kind === 'period' ? schedule.periodMs : graceMs) < MINUTE
}

// As in Healthchecks, which knows only the newest run, there is no duration while a newer run is open.
function lastDuration({ lastDurationMs, lastPingAt, openRuns }: Monitor) {
  if (lastDurationMs === null || lastPingAt === null) return {}
  const isNewest = !openRuns.some(
    ({ startedAt }) => startedAt >= lastPingAt - lastDurationMs && startedAt <= lastPingAt,
  )
  return isNewest ? { last_duration: seconds(lastDurationMs) } : {}
}
