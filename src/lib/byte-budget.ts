// How many bytes may be held at a time, by everyone together. Whoever holds much for long makes room for the others.

export interface ByteBudget {
  open(onEvict: () => void): Reservation
}

/** What one holder has. Its size changes only through these calls. */
export interface Reservation {
  /** False once it is closed, by its holder or to make room. */
  readonly isOpen: boolean
  /** Holds this many bytes from now on. False: there is no room, and nothing is held any more. */
  resize(bytes: number): boolean
  /** Everything has arrived: no longer evicted, until it is closed. */
  settle(): void
  close(): void
}

export interface ByteBudgetLimits {
  bytesMax: number
  /** What of it only small holders may use, so that the big ones never keep them out. */
  reservedForSmall: number
  smallMax: number
}

interface ReservationState {
  bytes: number
  since: number
  isSettled: boolean
  onEvict: () => void
}

/** `elapsed`: milliseconds that only go forward. */
export function createByteBudget(
  { bytesMax, reservedForSmall, smallMax }: ByteBudgetLimits,
  elapsed: () => number,
): ByteBudget {
  const open = new Set<ReservationState>()
  let used = 0

  const setBytes = (held: ReservationState, bytes: number): void => {
    used += bytes - held.bytes
    held.bytes = bytes
  }

  const close = (held: ReservationState): void => {
    setBytes(held, 0)
    open.delete(held)
  }

  // Bytes times age: a fast sender of much and a slow sender of little both stay below a slow sender of much.
  const findHog = (): ReservationState | null => {
    const now = elapsed()
    let [hog, worst]: [ReservationState | null, number] = [null, -1]
    for (const held of open) {
      const cost = held.bytes * (now - held.since + 1)
      if (!held.isSettled && cost > worst) [hog, worst] = [held, cost]
    }
    return hog
  }

  const resize = (held: ReservationState, bytes: number): boolean => {
    if (!open.has(held)) return false
    setBytes(held, bytes)
    const limit = bytes <= smallMax ? bytesMax : bytesMax - reservedForSmall
    while (used > limit) {
      const hog = findHog() ?? held
      close(hog)
      if (hog === held) return false
      hog.onEvict()
    }
    return true
  }

  return {
    open: (onEvict) => {
      const held: ReservationState = { bytes: 0, since: elapsed(), isSettled: false, onEvict }
      open.add(held)
      return {
        get isOpen() {
          return open.has(held)
        },
        resize: (bytes) => resize(held, bytes),
        settle: () => {
          held.isSettled = true
        },
        close: () => close(held),
      }
    },
  }
}
