// Helpers that build metrics.
import { SECOND } from '#lib/duration.ts'
import { formatLabels, type Metric } from '#lib/exposition.ts'

interface About {
  name: string
  help: string
}

/** One value; null if it is unknown at present. */
export function gauge(about: About, value: number | null): Metric {
  return { ...about, type: 'gauge', samples: value === null ? [] : [{ labels: '', value }] }
}

/** One value for each value of a label. */
export function gaugeBy(label: string, about: About, values: readonly (readonly [string, number])[]): Metric {
  const samples = values.map(([text, value]) => ({ labels: formatLabels({ [label]: text }), value }))
  return { ...about, type: 'gauge', samples }
}

/** Times and durations in seconds, the unit of Prometheus. */
export function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / SECOND
}
