import { readFileSync } from 'node:fs'

/** The only reader of the present. Moments are whole milliseconds since 1970-01-01T00:00:00Z everywhere. */
export interface Clock {
  now(): number
  /** Milliseconds that only go forward, for measuring how long something took. They stand still while it sleeps. */
  elapsed(): number
  /** Milliseconds since the machine started, its sleep included, which nobody can set; null where nobody knows. */
  sinceBoot(): number | null
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now(), sinceBoot: readUptime }

const UPTIME_FILE = '/proc/uptime'
let hasUptime = true

// "350735.47 234388.90": the first counts in hundredths of seconds.
function readUptime(): number | null {
  if (!hasUptime) return null
  try {
    return Math.round(Number.parseFloat(readFileSync(UPTIME_FILE, 'latin1')) * 1000)
  } catch {
    hasUptime = false
    return null
  }
}
