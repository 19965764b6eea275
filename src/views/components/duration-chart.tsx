import { DAY, HOUR, lengthInWords, MINUTE, SECOND } from '#lib/duration.ts'

export interface TimedRun {
  /** "success, 24 Nov 03:00, 2 minutes 5 seconds" */
  label: string
  durationMs: number
  failed: boolean
}

interface DurationChartProps {
  /** Oldest first; the last 60 are shown. */
  runs: readonly TimedRun[]
  caption: string
}

const RUNS_MAX = 60
/** Keeps bars narrow if there are only a few runs. */
const SLOTS_MIN = 30
const PLOT_HEIGHT = 120
const MARK_Y = PLOT_HEIGHT + 9
const HEIGHT = PLOT_HEIGHT + 16
/** Keeps the shortest run visible. */
const BAR_MIN = 2

/** Run durations. A failed run is a hollow bar with a cross below it. */
export function DurationChart({ runs, caption }: DurationChartProps) {
  const last = runs.slice(-RUNS_MAX)
  return (
    <figure class="chart durations">
      <figcaption class="chart-caption">
        <span>{caption}</span>
        {last.some(({ failed }) => failed) ? <Legend /> : null}
      </figcaption>
      {last.length === 0 ? (
        <p class="chart-empty">No durations measured yet. To measure runs, send a start ping when the job starts.</p>
      ) : (
        <Plot runs={last} caption={caption} />
      )}
    </figure>
  )
}

function Legend() {
  return (
    <span class="chart-summary">
      <svg class="durations-key" width="10" height="10" aria-hidden="true">
        <path class="durations-cross" d="M2 2l6 6m0-6-6 6" />
      </svg>{' '}
      failed
    </span>
  )
}

// Horizontal positions are in percent and vertical ones in pixels, and the axis is HTML: bars stretch, text doesn't.
function Plot({ runs, caption }: DurationChartProps) {
  const topMs = axisTop(Math.max(...runs.map(({ durationMs }) => durationMs)))
  const slots = Math.max(SLOTS_MIN, runs.length)
  const first = slots - runs.length
  return (
    <div class="durations-plot">
      <div class="durations-axis" aria-hidden="true">
        <span>{axisWords(topMs)}</span>
        <span>{axisWords(topMs / 2)}</span>
        <span>0</span>
      </div>
      <svg class="durations-bars" width="100%" height={HEIGHT} role="img" aria-label={inWords(runs, caption)}>
        {[0.5, PLOT_HEIGHT / 2, PLOT_HEIGHT - 0.5].map((y) => (
          <line class="durations-line" x1="0" x2="100%" y1={y} y2={y} />
        ))}
        {runs.map((run, index) => (
          <Bar run={run} topMs={topMs} slot={first + index} slots={slots} />
        ))}
      </svg>
    </div>
  )
}

interface BarProps {
  run: TimedRun
  topMs: number
  slot: number
  slots: number
}

function Bar({ run: { label, durationMs, failed }, topMs, slot, slots }: BarProps) {
  const height = Math.max(BAR_MIN, Math.round((durationMs / topMs) * PLOT_HEIGHT))
  const percent = (position: number) => `${Number(((position / slots) * 100).toFixed(2))}%`
  return (
    <g>
      <title>{label}</title>
      <rect class="chart-hit" x={percent(slot)} width={percent(1)} height={HEIGHT} />
      <rect
        class={failed ? 'durations-fail' : 'durations-success'}
        x={percent(slot + 0.15)}
        width={percent(0.7)}
        y={PLOT_HEIGHT - height}
        height={height}
      />
      {failed ? (
        <svg class="durations-mark" x={percent(slot + 0.5)} y={MARK_Y} aria-hidden="true">
          <path class="durations-cross" d="M-2.5-2.5l5 5m0-5-5 5" />
        </svg>
      ) : null}
    </g>
  )
}

const STEPS: readonly [unitMs: number, counts: readonly number[]][] = [
  [1, [10, 20, 50, 100, 200, 500]],
  [SECOND, [1, 2, 4, 6, 10, 20, 30]],
  [MINUTE, [1, 2, 4, 6, 10, 20, 30]],
  [HOUR, [1, 2, 4, 6, 12]],
  [DAY, [1, 2]],
]
const AXIS_TOPS = STEPS.flatMap(([unitMs, counts]) => counts.map((count) => count * unitMs))

/** The lowest round duration, with a round half, that is at least the longest run. */
function axisTop(longestMs: number): number {
  return AXIS_TOPS.find((topMs) => topMs >= longestMs) ?? Math.ceil(longestMs / (2 * DAY)) * 2 * DAY
}

const AXIS_UNITS: readonly [name: string, ms: number][] = [
  ['d', DAY],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
]

function axisWords(ms: number): string {
  const [name, unitMs] = AXIS_UNITS.find(([, unit]) => ms >= unit) ?? ['ms', 1]
  return `${ms / unitMs} ${name}`
}

function inWords(runs: readonly TimedRun[], caption: string): string {
  const durations = runs.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  const [shortest, median, longest] = [0, (durations.length - 1) >> 1, durations.length - 1].map((index) =>
    lengthInWords(durations[index] ?? 0),
  )
  const failed = runs.filter((run) => run.failed).length
  const failures = failed === 0 ? 'none failed' : `${failed} failed`
  if (runs.length === 1) return `${caption}: one run, ${longest}, ${failures}`
  return `${caption}: ${runs.length} runs, ${shortest} to ${longest}, median ${median}, ${failures}`
}
