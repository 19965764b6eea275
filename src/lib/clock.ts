import { readFileSync } from 'node:fs'
import { codeOf } from './files.ts'

/** The only reader of the present. Moments are whole milliseconds since 1970-01-01T00:00:00Z everywhere. */
export interface Clock {
  now(): number
  /** Milliseconds that only go forward, for measuring how long something took. They stand still while it sleeps. */
  elapsed(): number
  /** Milliseconds since the machine started, its sleep included, which nobody can set; null where nobody knows. */
  sinceBoot(): number | null
  /** Tells one run of the machine from another; null where nobody knows. */
  bootId(): string | null
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sinceBoot: readUptime,
  bootId: () => readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
}

const unreadable = new Set<string>()

// "350735.47 234388.90": the first counts in hundredths of seconds.
function readUptime(): number | null {
  const uptimeMs = Math.round(Number.parseFloat(readProc('/proc/uptime') ?? '') * 1000)
  return Number.isNaN(uptimeMs) ? null : uptimeMs
}

// Not on every system, nor in every sandbox: what was refused once is not asked for again, four times a second.
function readProc(path: string): string | null {
  if (unreadable.has(path)) return null
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (/^(ENOENT|EACCES|EPERM)$/.test(codeOf(error) ?? '')) unreadable.add(path)
    return null
  }
}
