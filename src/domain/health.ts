// The health of CronGuard itself.

/** The current health of one part. */
export interface PartHealth {
  name: string
  isHealthy: boolean
  /** Whether it is alive, even if it fails. */
  isRunning: boolean
}

/** Without any of these, CronGuard can't check deadlines or notify anyone. */
const VITAL_PARTS = ['checker', 'outbox', 'database']

/** Vital parts that hang or don't run. Only a restart helps. */
export function stuckParts(parts: readonly PartHealth[]): string[] {
  return VITAL_PARTS.filter((name) => !parts.some((part) => part.name === name && part.isRunning))
}

/** Vital parts that fail or don't run. */
export function unhealthyParts(parts: readonly PartHealth[]): string[] {
  return VITAL_PARTS.filter((name) => !parts.some((part) => part.name === name && part.isHealthy))
}
