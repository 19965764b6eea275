// Times in which a monitor was not watched as usual, shown as bands in charts.
import type { Period } from './uptime.ts'

export const BAND_KINDS = ['maintenance', 'snooze', 'offline'] as const
export type BandKind = (typeof BAND_KINDS)[number]

export type Bands = Readonly<Record<BandKind, readonly Period[]>>

/** How long each lasted in a period, in milliseconds. Overlapping spans of one kind count once. */
export function bandsIn(period: Period, bands: Bands): Record<BandKind, number> {
  const [maintenance, snooze, offline] = BAND_KINDS.map((kind) => coveredMs(period, bands[kind]))
  return { maintenance: maintenance ?? 0, snooze: snooze ?? 0, offline: offline ?? 0 }
}

function coveredMs({ from, to }: Period, spans: readonly Period[]): number {
  let coveredTo = from
  let ms = 0
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(span.from, coveredTo)
    const end = Math.min(span.to, to)
    if (end <= begin) continue
    ms += end - begin
    coveredTo = end
  }
  return ms
}
