// Limits how many bytes all requests together hold in memory. When it is full, the holder with the largest size times
// age is evicted: 2 MB held for 10 s goes before 10 MB held for 1 s.

export interface ByteBudget {
  open(onEvict: () => void): Reservation
}

/** The bytes of one holder. The size changes only through these calls. */
export interface Reservation {
  /** False after it was closed or evicted. */
  readonly isOpen: boolean
  /** Sets the number of bytes held. Returns false when there is no room; the reservation is closed then. */
  resize(bytes: number): boolean
  /** Protects the reservation from eviction, because all data has arrived. */
  settle(): void
  close(): void
}

export interface ByteBudgetLimits {
  bytesMax: number
  /** The part that only small holders may use, so that large ones cannot block them. */
  reservedForSmall: number
  smallMax: number
}

interface ReservationState {
  bytes: number
  since: number
  isSettled: boolean
  onEvict: () => void
}

/** `elapsed` returns monotonic milliseconds. */
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

  // Size times age picks slow senders of large bodies: fast senders and small bodies stay below them.
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
