import { overallRatio, type PeriodUptime } from '#domain/uptime.ts'
import { url } from '#lib/base-path.ts'
import { dayInZone } from '#lib/zone.ts'
import { DurationChart, type TimedRun } from '#views/components/duration-chart.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { UptimeBars } from '#views/components/uptime-bars.tsx'
import { percentInWords } from '#words/uptime.ts'

export interface MonitorChartsProps {
  uniqueKey: string
  /** Of the last 90 days, oldest first. */
  days: readonly PeriodUptime[]
  /** Oldest first. */
  runs: readonly TimedRun[]
  /** Nothing has happened yet that could be drawn. */
  isEmpty: boolean
  reading: Reading
}

const MONTH = 30

/** Uptime and run durations: drawn anew whenever something happens to the monitor. */
export function MonitorCharts({ uniqueKey, days, runs, isEmpty, reading }: MonitorChartsProps) {
  return (
    <section
      id="charts"
      class="section charts"
      aria-label="Uptime and durations"
      hidden={isEmpty}
      data-live-monitor={uniqueKey}
      hx-get={url(`/monitors/${uniqueKey}/charts`)}
      hx-trigger="monitor-changed"
      hx-swap="outerMorph"
    >
      {!isEmpty && (
        <>
          <UptimeBars
            days={days.map((day) => ({ ...day, label: dayInZone(day.from, reading.zone) }))}
            caption="Uptime of the last 90 days"
            summary={
              <>
                30 days: <b>{percentInWords(overallRatio(days.slice(-MONTH)))}</b>, 90 days:{' '}
                <b>{percentInWords(overallRatio(days))}</b>
              </>
            }
          />
          <p class="help">Time in which it was paused, or waited for its first ping, does not count.</p>
          <DurationChart runs={runs} caption="How long the last runs took" />
        </>
      )}
    </section>
  )
}
