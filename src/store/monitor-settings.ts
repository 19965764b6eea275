// Converts between a monitor's settings and their columns.
import type { MonitorSettings } from '#domain/monitor.ts'
import { MONITOR_SETTINGS, type MonitorSetting, settingValue } from '#domain/monitor-settings.ts'
import type { SettingValue } from '#domain/setting.ts'
import type { Params } from './database.ts'

type Columns = Record<string, SettingValue>

/** The columns of the settings in `blank`. */
export function columnsOf(blank: Partial<MonitorSettings>): string[] {
  return settingsIn(blank).map(({ column }) => column)
}

/**
 * Creates a function that reads rows with these columns into copies of `blank`. Objects of one shape are the fastest,
 * and every ping reads a row.
 */
export function settingsReader<Settings extends Partial<MonitorSettings>>(blank: Settings): (row: object) => Settings {
  const among = (group: MonitorSetting['group']) => settingsIn(blank).filter((setting) => setting.group === group)
  const [own, schedule, filter] = [among(null), among('schedule'), among('filter')]
  return (row) => {
    const columns = row as Columns
    const settings = fill({ ...blank }, own, columns)
    if (blank.schedule) settings.schedule = fill({ ...blank.schedule }, schedule, columns)
    if (blank.filter) settings.filter = fill({ ...blank.filter }, filter, columns)
    return settings
  }
}

// Without an alias the column is NULL, because a unique index keeps two monitors from having the same one.
export function settingsParams(settings: MonitorSettings): Params {
  const params = Object.fromEntries(
    MONITOR_SETTINGS.map((setting) => [setting.column, settingValue(settings, setting)]),
  )
  return settings.alias === '' ? { ...params, alias: null, alias_dialect: null } : params
}

function settingsIn(blank: Partial<MonitorSettings>): MonitorSetting[] {
  return MONITOR_SETTINGS.filter(({ group, key }) => (group ?? key) in blank)
}

function fill<Place extends object>(place: Place, settings: readonly MonitorSetting[], columns: Columns): Place {
  const values = place as Record<string, unknown>
  for (const { key, column, kind } of settings) {
    const stored = columns[column] ?? null
    values[key] = kind.is === 'flag' ? stored === 1 : kind.is === 'text' ? (stored ?? '') : stored
  }
  return place
}
