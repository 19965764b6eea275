import { describe, expect, test } from 'bun:test'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { UptimeBars, type UptimeDay } from '#views/components/uptime-bars.tsx'

const HOSTILE = `<script>alert(1)</script>" onload="x`

const well = (label: string): UptimeDay => ({ label, downMs: 0, downCount: 0, ratio: 1 })
const unknown = (label: string): UptimeDay => ({ label, downMs: 0, downCount: 0, ratio: null })
const down = (label: string, downMs: number, downCount = 1): UptimeDay => ({
  label,
  downMs,
  downCount,
  ratio: 1 - downMs / (24 * HOUR),
})

const draw = (days: UptimeDay[]) => String(<UptimeBars days={days} caption="Uptime" summary="30 days: 99.98%" />)
const titles = (html: string) => [...html.matchAll(/<title>(.*?)<\/title>/g)].map(([, words]) => words)
const label = (html: string) => /aria-label="([^"]*)"/.exec(html)?.[1]
/** The height of the upper block of a day with downtime. */
const capHeight = (html: string) => Number(/class="uptime-down" d="M\d+ \d+h\d+v(\d+)/.exec(html)?.[1])

describe('UptimeBars', () => {
  const days = [unknown('22 Nov'), well('23 Nov'), down('24 Nov', 5 * MINUTE), down('25 Nov', 3 * HOUR, 2)]

  test('has a title for each day', () => {
    expect(titles(draw(days))).toEqual([
      '22 Nov: no data',
      '23 Nov: no downtime',
      '24 Nov: 99.65%, down once, 5 minutes',
      '25 Nov: 87.50%, down 2 times, 3 hours in total',
    ])
  })

  test('has a summary for screen readers', () => {
    expect(label(draw(days))).toBe('Uptime: downtime on 2 of the 3 days with data, 3 hours 5 minutes in total')
    expect(label(draw([unknown('23 Nov'), well('24 Nov')]))).toBe('Uptime: no downtime on the only day with data')
    expect(label(draw([unknown('24 Nov')]))).toBe('Uptime: no data yet')
    expect(label(draw([]))).toBe('Uptime: no data yet')
  })

  test('lists the days with downtime as text, newest first', () => {
    const details = draw(days).split('<details')[1]
    expect(details).toContain('2 days with downtime')
    expect(details).toMatch(/25 Nov: .*24 Nov: /)
    expect(details).not.toContain('23 Nov')
    expect(draw([well('24 Nov')])).not.toContain('<details')
  })

  test('shows downtime by shape: a cut that grows with its length, and a mark below', () => {
    const heights = [0, 1, 5 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR].map((ms) => capHeight(draw([down('24 Nov', ms)])))
    expect(heights).toEqual([7, 7, 7, 7, 18, 36])
    const [up, broken] = [draw([well('24 Nov')]), draw([down('24 Nov', HOUR)])]
    expect(up).toContain('M0 2h7v36h-7z')
    expect(broken).toContain('M0 13h7v25h-7z')
    expect(broken).toContain('M0 41h7v3h-7z')
  })

  test('has a band, a legend and words for maintenance, snoozes and times when CronGuard was offline', () => {
    const bands = { maintenance: 2 * HOUR, snooze: 0, offline: 5 * MINUTE }
    const html = draw([well('23 Nov'), { ...well('24 Nov'), bands }])
    expect(titles(html)).toEqual([
      '23 Nov: no downtime',
      '24 Nov: no downtime, maintenance 2 hours, CronGuard offline 5 minutes',
    ])
    expect(html.match(/class="uptime-band"/g)).toHaveLength(1)
    expect(html).toContain('Maintenance, snooze, or CronGuard was offline')
    expect(html).toContain('1 day with downtime, maintenance, snooze or offline time')
    expect(label(html)).toBe('Uptime: no downtime on the 2 days with data')
    const none = { maintenance: 0, snooze: 0, offline: 0 }
    expect(draw([{ ...well('24 Nov'), bands: none }])).not.toContain('uptime-band')
  })

  test('has no up part for a day that was down all the time', () => {
    expect(draw([down('24 Nov', 24 * HOUR)])).not.toContain('uptime-up')
  })

  test('has a stub for a day without data', () => {
    expect(draw([unknown('24 Nov')])).toContain('<path class="uptime-none" d="M0 34h7v4h-7z">')
  })

  test('has the caption, the percentages, and the first and last day', () => {
    const html = draw(days)
    expect(html).toContain('<span>Uptime</span><span class="chart-summary">30 days: 99.98%</span>')
    expect(html).toContain('<span>22 Nov</span><span>25 Nov</span>')
  })

  test('escapes labels, caption and summary', () => {
    const html = String(<UptimeBars days={[down(HOSTILE, HOUR)]} caption={HOSTILE} summary={HOSTILE} />)
    expect(html).not.toContain('<script')
    expect(html).not.toContain('" onload')
  })
})
