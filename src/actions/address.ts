// Stores the server's base URL for commands, whose environment may differ from that of the server.
import type { Deps } from '#deps.ts'
import { tryWrite } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findSetting, saveSetting } from '#store/settings.ts'

const NAME = 'base-url'

/** Stores the base URL. If the disk refuses the write, the next start stores it. */
export function storeBaseUrl({ db, config: { baseUrl } }: Deps): void {
  if (findBaseUrl(db) === baseUrl) return
  tryWrite(() => db.write((tx) => saveSetting(tx, { name: NAME, value: baseUrl })))
}

/** The base URL of the server that runs or ran last. Null when none ever did. */
export function findBaseUrl(reader: Reader): string | null {
  return findSetting(reader, NAME)
}
