import { readFileSync } from 'node:fs'
import { codeOf } from './files.ts'

/** The only source of the current time. Times are whole milliseconds since 1970-01-01T00:00:00Z everywhere. */
export interface Clock {
  now(): number
  /** Monotonic milliseconds for measuring durations. They stop while the machine sleeps. */
  elapsed(): number
  /** Milliseconds since the machine started, including sleep. Setting the clock does not change it. Null if unknown. */
  sinceBoot(): number | null
  /** Changes with every start of the machine. Null if unknown. */
  bootId(): string | null
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sinceBoot: readUptime,
  bootId: () => readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
}

const unreadable = new Set<string>()

// Reads the first number of a line like "350735.47 234388.90", in seconds.
function readUptime(): number | null {
  const uptimeMs = Math.round(Number.parseFloat(readProc('/proc/uptime') ?? '') * 1000)
  return Number.isNaN(uptimeMs) ? null : uptimeMs
}

// Some systems and sandboxes hide these files. A path that failed is not read again, because the checker asks four
// times a second.
function readProc(path: string): string | null {
  if (unreadable.has(path)) return null
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (/^(ENOENT|EACCES|EPERM)$/.test(codeOf(error) ?? '')) unreadable.add(path)
    return null
  }
}
