import { cancelBackup, isNightlyBackupDue, keepBackup } from '#actions/backups.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Makes a backup every night, unless backups are disabled. A tick only starts it and does not wait for its end. */
export function createBackups(deps: Deps): Loop {
  let triedAt: number | null = null
  let current: Promise<unknown> | null = null

  const tick = async (): Promise<void> => {
    if (current !== null || !isNightlyBackupDue(deps, triedAt)) return
    triedAt = deps.clock.now()
    current = keepBackup(deps).finally(() => {
      current = null
    })
  }

  // A stop cancels an unfinished backup. The next start makes a new one.
  const settled = async (): Promise<void> => {
    cancelBackup(deps)
    await current
  }

  return { name: 'backups', everyMs: MINUTE, tick, settled }
}
