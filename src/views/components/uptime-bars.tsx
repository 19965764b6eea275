import { BAND_KINDS, type BandKind } from '#domain/band.ts'
import type { PeriodUptime } from '#domain/uptime.ts'
import type { Child } from '#jsx/jsx-runtime'
import { lengthInWords } from '#lib/duration.ts'
import { percentInWords } from '#words/uptime.ts'

export interface UptimeDay extends Pick<PeriodUptime, 'downMs' | 'downCount' | 'ratio'> {
  /** "24 Nov", in the person's zone. */
  label: string
  /** How long it was in maintenance or snoozed, and how long CronGuard was offline, in milliseconds. */
  bands?: Readonly<Record<BandKind, number>>
}

interface UptimeBarsProps {
  /** Oldest first. */
  days: readonly UptimeDay[]
  caption: string
  /** The percentages beside the caption. */
  summary?: Child
}

const SLOT = 10
const BAR = 7
const TOP = 2
const BASE = 38
const HEIGHT = 44
const MARK_HEIGHT = 3
const BAR_HEIGHT = BASE - TOP
const CAP_MIN = 7
const GAP = 4
const STUB = 4
const BAND_HEIGHT = 1.5

/** One bar per day. A day with downtime has a gap and a mark below, which are visible without color. */
export function UptimeBars({ days, caption, summary }: UptimeBarsProps) {
  const troubled = days.filter((day) => (day.downCount > 0 && day.ratio !== null) || hasBand(day))
  return (
    <figure class="chart uptime">
      <figcaption class="chart-caption">
        <span>{caption}</span>
        {summary === undefined ? null : <span class="chart-summary">{summary}</span>}
      </figcaption>
      <svg
        class="uptime-bars"
        viewBox={`0 0 ${Math.max(1, days.length) * SLOT - (SLOT - BAR)} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${caption}: ${summaryInWords(days, troubled)}`}
      >
        {days.map((day, index) => (
          <Bar day={day} x={index * SLOT} />
        ))}
      </svg>
      <div class="chart-ends" aria-hidden="true">
        <span>{days[0]?.label}</span>
        <span>{days.at(-1)?.label}</span>
      </div>
      {days.some(hasBand) && <Legend />}
      {troubled.length === 0 ? null : <TroubledDays days={troubled} />}
    </figure>
  )
}

function Bar({ day, x }: { day: UptimeDay; x: number }) {
  return (
    <g>
      <title>{dayInWords(day)}</title>
      <rect class="chart-hit" x={x} width={SLOT} height={HEIGHT} />
      <BarShape day={day} x={x} />
      {hasBand(day) && <path class="uptime-band" d={box({ x, y: BASE + 1, height: BAND_HEIGHT })} />}
    </g>
  )
}

function BarShape({ day: { ratio, downCount, downMs }, x }: { day: UptimeDay; x: number }) {
  if (ratio === null) return <path class="uptime-none" d={box({ x, y: BASE - STUB, height: STUB })} />
  if (downCount === 0) return <path class="uptime-up" d={box({ x, y: TOP, height: BAR_HEIGHT })} />
  const cap = capHeight(downMs, ratio)
  const rest = BASE - TOP - cap - GAP
  return (
    <>
      {rest > 0 ? <path class="uptime-up" d={box({ x, y: BASE - rest, height: rest })} /> : null}
      <path
        class="uptime-down"
        d={box({ x, y: TOP, height: cap }) + box({ x, y: HEIGHT - MARK_HEIGHT, height: MARK_HEIGHT })}
      />
    </>
  )
}

// The square root keeps minutes visible: 1 hour of a day is a fifth of the bar, 6 hours are half of it.
function capHeight(downMs: number, ratio: number): number {
  const share = downMs === 0 ? 0 : 1 - ratio
  return Math.round(Math.max(CAP_MIN, Math.sqrt(share) * BAR_HEIGHT))
}

function box({ x, y, height }: { x: number; y: number; height: number }): string {
  return `M${x} ${y}h${BAR}v${height}h-${BAR}z`
}

function hasBand({ bands }: UptimeDay): boolean {
  return bands !== undefined && Object.values(bands).some((ms) => ms > 0)
}

function Legend() {
  return (
    <p class="help">
      <span class="uptime-band-key" aria-hidden="true" /> Maintenance, snooze, or CronGuard was offline
    </p>
  )
}

// Hovering needs a mouse. This list also works with a keyboard, touch or a screen reader.
function TroubledDays({ days }: { days: readonly UptimeDay[] }) {
  return (
    <details class="chart-details">
      <summary>{summaryOf(days)}</summary>
      <ul>
        {days.toReversed().map((day) => (
          <li>{dayInWords(day)}</li>
        ))}
      </ul>
    </details>
  )
}

function summaryInWords(days: readonly UptimeDay[], troubled: readonly UptimeDay[]): string {
  const seen = days.filter(({ ratio }) => ratio !== null).length
  if (seen === 0) return 'no data yet'
  const observed = seen === 1 ? 'the only day with data' : `the ${seen} days with data`
  const down = troubled.filter(({ downCount }) => downCount > 0)
  if (down.length === 0) return `no downtime on ${observed}`
  const downMs = down.reduce((sum, day) => sum + day.downMs, 0)
  return `downtime on ${down.length} of ${observed}, ${lengthInWords(downMs)} in total`
}

function summaryOf(days: readonly UptimeDay[]): string {
  const count = days.length === 1 ? '1 day' : `${days.length} days`
  return `${count} with downtime${days.some(hasBand) ? ', maintenance, snooze or offline time' : ''}`
}

function dayInWords(day: UptimeDay): string {
  return [`${day.label}: ${uptimeInWords(day)}`, ...bandsInWords(day)].join(', ')
}

const BAND_WORDS: Record<BandKind, string> = {
  maintenance: 'maintenance',
  snooze: 'snoozed',
  offline: 'CronGuard offline',
}

function bandsInWords({ bands }: UptimeDay): string[] {
  if (bands === undefined) return []
  return BAND_KINDS.flatMap((kind) => (bands[kind] > 0 ? [`${BAND_WORDS[kind]} ${lengthInWords(bands[kind])}`] : []))
}

function uptimeInWords({ ratio, downCount, downMs }: UptimeDay): string {
  if (ratio === null) return 'no data'
  if (downCount === 0) return 'no downtime'
  const times = downCount === 1 ? 'down once' : `down ${downCount} times`
  return `${percentInWords(ratio)}, ${times}, ${lengthInWords(downMs)}${downCount === 1 ? '' : ' in total'}`
}
