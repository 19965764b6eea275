// Where the server is reached, for commands at a shell: their environment need not be the one of the server.
import type { Deps } from '#deps.ts'
import { tryWrite } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findSetting, saveSetting } from '#store/settings.ts'

const NAME = 'base-url'

/** Keeps what links of this server begin with. A disk that refuses is for others to tell; the next start keeps it. */
export function keepAddress({ db, config: { baseUrl } }: Deps): void {
  if (findAddress(db) === baseUrl) return
  tryWrite(() => db.write((tx) => saveSetting(tx, { name: NAME, value: baseUrl })))
}

/** What links begin with of the server that runs, or ran last; null when none ever did. */
export function findAddress(reader: Reader): string | null {
  return findSetting(reader, NAME)
}
