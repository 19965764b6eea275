import type { ServiceManager } from '#lib/systemd.ts'
import type { Loop } from './index.ts'

export interface Watched {
  manager: ServiceManager
  watchdogMs: number
  /** The essential parts that do not work. */
  readUnhealthyParts(): string[]
  /** The essential parts that hang. A restart can help them, but not a full disk. */
  readStuckParts(): string[]
}

/** It reports more often than required, so that one late tick does not trigger the watchdog. */
const BEATS_PER_TIMEOUT = 4

/** Resets the service manager's watchdog while nothing hangs, and reports unhealthy parts. */
export function createWatchdog({ manager, watchdogMs, readUnhealthyParts, readStuckParts }: Watched): Loop {
  let reportedUnwell = ''

  const tick = async (): Promise<void> => {
    const unwell = readUnhealthyParts().join(', ')
    if (readStuckParts().length === 0) manager.alive()
    if (unwell !== reportedUnwell) manager.status(unwell === '' ? 'Monitoring again' : `Unhealthy: ${unwell}`)
    reportedUnwell = unwell
  }

  return { name: 'watchdog', everyMs: watchdogMs / BEATS_PER_TIMEOUT, tick, settled: async () => {} }
}
