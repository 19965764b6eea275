import { join, resolve } from 'node:path'
import type { Config } from '#config.ts'
import { isFile } from '#lib/files.ts'
import { DATABASE_FILE } from '#store/database.ts'
import { isFolderTaken } from '#store/lock.ts'
import type { Shell } from './command.ts'

/** Warns that a command uses the default data folder, because the server may use another one. */
export function warnAboutDefaultFolder({ dataDir }: Config, shell: Shell): void {
  if (!isFile(join(dataDir, DATABASE_FILE)) || isFolderTaken(dataDir)) return
  shell.tell(
    `CRONGUARD_DATA_DIR is not set, so this command uses ${resolve(dataDir)}. No server is running on that folder.`,
  )
}
