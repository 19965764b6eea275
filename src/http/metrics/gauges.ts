// Short ways to write a metric down.
import { SECOND } from '#lib/duration.ts'
import { formatLabels, type Metric } from '#lib/exposition.ts'

interface About {
  name: string
  help: string
}

/** One number; null: it is not known now. */
export function gauge(about: About, value: number | null): Metric {
  return { ...about, type: 'gauge', samples: value === null ? [] : [{ labels: '', value }] }
}

/** One number for each value of a label. */
export function gaugeBy(label: string, about: About, values: readonly (readonly [string, number])[]): Metric {
  const samples = values.map(([text, value]) => ({ labels: formatLabels({ [label]: text }), value }))
  return { ...about, type: 'gauge', samples }
}

/** Moments and lengths of time, as Prometheus counts them. */
export function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / SECOND
}
