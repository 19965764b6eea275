// Times and durations in the management API: whole seconds, rounded down.
import { SECOND } from '#lib/duration.ts'

export function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`
}

export function timeOrNull(at: number | null): string | null {
  return at === null ? null : time(at)
}

export function seconds(ms: number): number {
  return Math.floor(ms / SECOND)
}
