import type { ServiceManager } from '#lib/systemd.ts'
import type { Loop } from './index.ts'

export interface Watched {
  manager: ServiceManager
  watchdogMs: number
  /** Those parts that it cannot do without and that do not work. */
  readUnhealthyParts(): string[]
  /** Those of them that hang: a new start can help with them, while it does not make a full disk empty. */
  readStuckParts(): string[]
}

/** Looks more often than it must, so that one bad moment is none too many. */
const BEATS_PER_TIMEOUT = 4

/** Gives the service manager signs of life while nothing hangs, and says what is not well. */
export function createWatchdog({ manager, watchdogMs, readUnhealthyParts, readStuckParts }: Watched): Loop {
  let reportedUnwell = ''

  const tick = async (): Promise<void> => {
    const unwell = readUnhealthyParts().join(', ')
    if (readStuckParts().length === 0) manager.alive()
    if (unwell !== reportedUnwell) manager.status(unwell === '' ? 'Watching again' : `Not well: ${unwell}`)
    reportedUnwell = unwell
  }

  return { name: 'watchdog', everyMs: watchdogMs / BEATS_PER_TIMEOUT, tick, settled: async () => {} }
}
