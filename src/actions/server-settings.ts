// The settings that the server runs with, for commands at a shell: their environment need not be the one of the server.
import type { Deps } from '#deps.ts'
import { tryWrite } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findSetting, saveSetting } from '#store/settings.ts'

const NAME = 'server-settings'

/** By name; null for one that is not set. Secrets are never among them. */
export type PlainSettings = Record<string, string | null>

/** Keeps them. A disk that refuses is for others to tell; the next start keeps them. */
export function keepSettings({ db }: Deps, settings: PlainSettings): void {
  const value = JSON.stringify(settings)
  if (findSetting(db, NAME) === value) return
  tryWrite(() => db.write((tx) => saveSetting(tx, { name: NAME, value })))
}

/** The names of those that are others than the server runs with; none when no server has kept any. */
export function settingsThatDiffer(reader: Reader, settings: PlainSettings): string[] {
  const kept: PlainSettings = JSON.parse(findSetting(reader, NAME) ?? '{}')
  return Object.keys(kept).filter((name) => name in settings && kept[name] !== settings[name])
}
