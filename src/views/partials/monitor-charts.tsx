import type { BandKind } from '#domain/band.ts'
import { overallRatio, type PeriodUptime } from '#domain/uptime.ts'
import { url } from '#lib/base-path.ts'
import { dayInZone } from '#lib/zone.ts'
import { DurationChart, type TimedRun } from '#views/components/duration-chart.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { UptimeBars } from '#views/components/uptime-bars.tsx'
import { percentInWords } from '#words/uptime.ts'

export interface DayUptime extends PeriodUptime {
  /** How long it was in maintenance or snoozed, and how long CronGuard was offline, in milliseconds. */
  bands: Readonly<Record<BandKind, number>>
}

export interface MonitorChartsProps {
  uniqueKey: string
  /** The last 90 days, oldest first. */
  days: readonly DayUptime[]
  /** Oldest first. */
  runs: readonly TimedRun[]
  /** There is nothing to show yet. */
  isEmpty: boolean
  reading: Reading
}

const MONTH = 30

/** Uptime and run durations. Updates when the monitor changes. */
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
            caption="Uptime, last 90 days"
            summary={
              <>
                30 days: <b>{percentInWords(overallRatio(days.slice(-MONTH)))}</b>, 90 days:{' '}
                <b>{percentInWords(overallRatio(days))}</b>
              </>
            }
          />
          <p class="help">Time before the first ping and while paused is not counted.</p>
          <DurationChart runs={runs} caption="Run durations" />
        </>
      )}
    </section>
  )
}
