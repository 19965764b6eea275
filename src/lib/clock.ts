/** The only reader of the present. Moments are whole milliseconds since 1970-01-01T00:00:00Z everywhere. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
