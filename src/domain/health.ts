// How CronGuard itself is: the parts that it cannot do without.

/** One part of it, as it is now. */
export interface PartHealth {
  name: string
  isWell: boolean
  /** Whether it goes on trying, well or not. */
  isRunning: boolean
}

/** Without one of these nobody is watched, or nobody is told. */
const VITAL_PARTS = ['checker', 'outbox', 'database']

/** Those of the vital parts that hang, or do not run at all: only a new start can help them. */
export function stuckParts(parts: readonly PartHealth[]): string[] {
  return VITAL_PARTS.filter((name) => !parts.some((part) => part.name === name && part.isRunning))
}

/** Those of the vital parts that do not work, or do not run at all; none while CronGuard does what it is for. */
export function unhealthyParts(parts: readonly PartHealth[]): string[] {
  return VITAL_PARTS.filter((name) => !parts.some((part) => part.name === name && part.isWell))
}
