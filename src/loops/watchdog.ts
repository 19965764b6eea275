import type { ServiceManager } from '#lib/systemd.ts'
import type { Loop, LoopHealth } from './index.ts'

export interface Watched {
  manager: ServiceManager
  watchdogMs: number
  readHealth(): LoopHealth[]
}

/** What CronGuard is for. Whoever starts it anew can help when one of these is stuck, but not when a backup fails. */
const VITAL = ['checker', 'outbox', 'database']
/** Looks more often than it must, so that one bad moment is none too many. */
const LOOKS = 4

/** Gives the service manager signs of life while all is well, and none while it is not. */
export function createWatchdog({ manager, watchdogMs, readHealth }: Watched): Loop {
  let toldUnwell = ''

  const tick = async (): Promise<void> => {
    const health = readHealth()
    const unwell = VITAL.filter((name) => !health.some((part) => part.name === name && part.isWell)).join(', ')
    if (unwell === '') manager.alive()
    if (unwell !== toldUnwell) manager.status(unwell === '' ? 'Watching again' : `Not well: ${unwell}`)
    toldUnwell = unwell
  }

  return { name: 'watchdog', everyMs: watchdogMs / LOOKS, tick, settled: async () => {} }
}
