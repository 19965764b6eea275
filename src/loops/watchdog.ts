import type { ServiceManager } from '#lib/systemd.ts'
import type { Loop } from './index.ts'

export interface Watched {
  manager: ServiceManager
  watchdogMs: number
  /** Those parts that it cannot do without and that do not work. */
  readUnwell(): string[]
  /** Those of them that hang: a new start can help with them, while it does not make a full disk empty. */
  readStuck(): string[]
}

/** Looks more often than it must, so that one bad moment is none too many. */
const LOOKS = 4

/** Gives the service manager signs of life while nothing hangs, and says what is not well. */
export function createWatchdog({ manager, watchdogMs, readUnwell, readStuck }: Watched): Loop {
  let toldUnwell = ''

  const tick = async (): Promise<void> => {
    const unwell = readUnwell().join(', ')
    if (readStuck().length === 0) manager.alive()
    if (unwell !== toldUnwell) manager.status(unwell === '' ? 'Watching again' : `Not well: ${unwell}`)
    toldUnwell = unwell
  }

  return { name: 'watchdog', everyMs: watchdogMs / LOOKS, tick, settled: async () => {} }
}
