/** The only reader of the present. Moments are whole milliseconds since 1970-01-01T00:00:00Z everywhere. */
export interface Clock {
  now(): number
  /** Milliseconds that only go forward, for measuring how long something took. */
  elapsed(): number
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
