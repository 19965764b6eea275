import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestGuard } from './cronguard.ts'

/** A server whose database is a file in a data folder, as in production. */
export interface DataFolder {
  path: string
  databasePath: string
  /** The folder of the backups. */
  backups: string
  guard: TestGuard
  /** Deletes the folder. */
  clear(): void
}

export function dataFolder(env: Record<string, string> = {}): DataFolder {
  const path = mkdtempSync(join(tmpdir(), 'cronguard-data-'))
  const databasePath = join(path, 'cronguard.db')
  const guard = new TestGuard({ path: databasePath, env: { CRONGUARD_DATA_DIR: path, ...env } })
  return {
    path,
    databasePath,
    backups: join(path, 'backups'),
    guard,
    clear: () => {
      guard.stop()
      rmSync(path, { recursive: true, force: true })
    },
  }
}
