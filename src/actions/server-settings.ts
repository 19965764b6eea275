// Stores the server's settings for commands, whose environment may differ from that of the server.
import type { Deps } from '#deps.ts'
import { tryWrite } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findSetting, saveSetting } from '#store/settings.ts'

const NAME = 'server-settings'

/** Settings by name, without secrets. Null when not set. */
export type PlainSettings = Record<string, string | null>

/** Stores the settings. If the disk refuses the write, the next start stores them. */
export function keepSettings({ db }: Deps, settings: PlainSettings): void {
  const value = JSON.stringify(settings)
  if (findSetting(db, NAME) === value) return
  tryWrite(() => db.write((tx) => saveSetting(tx, { name: NAME, value })))
}

/** The names of settings that differ from the server's. Empty when no server has stored any. */
export function settingsThatDiffer(reader: Reader, settings: PlainSettings): string[] {
  const kept: PlainSettings = JSON.parse(findSetting(reader, NAME) ?? '{}')
  return Object.keys(kept).filter((name) => name in settings && kept[name] !== settings[name])
}
