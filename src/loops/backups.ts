import { giveUpBackup, isNightlyBackupDue, keepBackup } from '#actions/backups.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Makes a backup every night, unless none is to be kept. A tick only begins it: it may take longer than a tick may. */
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

  // One that is half made is given up: the next start makes up for it.
  const settled = async (): Promise<void> => {
    giveUpBackup(deps)
    await current
  }

  return { name: 'backups', everyMs: MINUTE, tick, settled }
}
