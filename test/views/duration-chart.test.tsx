import { describe, expect, test } from 'bun:test'
import { DAY, HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { DurationChart, type TimedRun } from '#views/components/duration-chart.tsx'

const HOSTILE = `<script>alert(1)</script>" onload="x`

const run = (durationMs: number, failed = false): TimedRun => ({ label: `run of ${durationMs}`, durationMs, failed })
const draw = (runs: TimedRun[]) => String(<DurationChart runs={runs} caption="Durations" />)
const label = (html: string) => /aria-label="([^"]*)"/.exec(html)?.[1]
const axis = (html: string) =>
  [...(/durations-axis.*?<\/div>/.exec(html)?.[0] ?? '').matchAll(/<span>(.*?)<\/span>/g)].map(([, words]) => words)
const bars = (html: string) =>
  [
    ...html.matchAll(/class="durations-(?:success|fail)" x="([\d.]+)%" width="([\d.]+)%" y="(\d+)" height="(\d+)"/g),
  ].map(([, x, width, y, height]) => ({ x: Number(x), width: Number(width), y: Number(y), height: Number(height) }))

describe('DurationChart', () => {
  test.each([
    [0, ['10 ms', '5 ms', '0']],
    [730, ['1 s', '500 ms', '0']],
    [SECOND, ['1 s', '500 ms', '0']],
    [25 * SECOND, ['30 s', '15 s', '0']],
    [31 * SECOND, ['1 min', '30 s', '0']],
    [125 * SECOND, ['4 min', '2 min', '0']],
    [31 * MINUTE, ['1 h', '30 min', '0']],
    [13 * HOUR, ['1 d', '12 h', '0']],
    [71 * HOUR, ['4 d', '2 d', '0']],
    [9 * DAY, ['10 d', '5 d', '0']],
  ])('has an axis with round values for %i ms', (durationMs, words) => {
    expect(axis(draw([run(durationMs)]))).toEqual(words)
  })

  test('draws bars as high as the durations, the oldest on the left', () => {
    const drawn = bars(draw([run(MINUTE), run(2 * MINUTE), run(4 * MINUTE)]))
    expect(drawn.map(({ height }) => height)).toEqual([30, 60, 120])
    expect(drawn.map(({ y, height }) => y + height)).toEqual([120, 120, 120])
    expect(drawn.map(({ x }) => x)).toEqual([90.5, 93.83, 97.17])
  })

  test('draws even the shortest run with 2 pixels', () => {
    expect(bars(draw([run(0), run(HOUR)]))[0]).toMatchObject({ y: 118, height: 2 })
  })

  test('shows the last 60 runs, inside its frame', () => {
    const drawn = bars(draw(Array.from({ length: 61 }, (_, index) => run(index * SECOND))))
    expect(drawn).toHaveLength(60)
    expect(drawn[0]?.x).toBe(0.25)
    expect(Math.max(...drawn.map(({ x, width }) => x + width))).toBeLessThanOrEqual(100)
    expect(draw(Array.from({ length: 61 }, (_, index) => run(index)))).not.toContain('<title>run of 0</title>')
  })

  test('marks failures by a shape, and explains it only if there is one', () => {
    const failing = draw([run(MINUTE), run(MINUTE, true)])
    expect(failing.match(/durations-mark/g)).toHaveLength(1)
    expect(failing).toContain('durations-key')
    expect(draw([run(MINUTE)])).not.toMatch(/durations-mark|durations-key/)
  })

  test('has a summary for screen readers', () => {
    expect(label(draw([run(4 * MINUTE), run(250), run(125 * SECOND, true)]))).toBe(
      'Durations: 3 runs, 250 milliseconds to 4 minutes, median 2 minutes 5 seconds, 1 failed',
    )
    expect(label(draw([run(MINUTE)]))).toBe('Durations: one run, 1 minute, none failed')
  })

  test('without runs, says how to measure them', () => {
    expect(draw([])).toContain('To measure runs, send a start ping when the job starts.')
    expect(draw([])).not.toContain('<svg')
  })

  test('escapes labels and caption', () => {
    const html = String(<DurationChart runs={[{ ...run(1), label: HOSTILE }]} caption={HOSTILE} />)
    expect(html).not.toContain('<script')
    expect(html).not.toContain('" onload')
  })
})
