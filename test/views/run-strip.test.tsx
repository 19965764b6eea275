import { describe, expect, test } from 'bun:test'
import { RunStrip } from '#views/components/run-strip.tsx'

const strip = (runs: string) => String(<RunStrip runs={runs} />)
const label = (runs: string) => /aria-label="([^"]*)"/.exec(strip(runs))?.[1]
const path = (runs: string, kind: string) => new RegExp(`class="strip-${kind}" d="([^"]*)"`).exec(strip(runs))?.[1]

describe('RunStrip', () => {
  test.each([
    ['', 'no runs yet'],
    ['s', 'last run: 1 success'],
    ['sf', 'last 2 runs: 1 success, 1 failure'],
    ['m'.repeat(30), 'last 30 runs: 30 missed'],
    [`${'s'.repeat(28)}fm`, 'last 30 runs: 28 successes, 1 failure, 1 missed'],
  ])('label of "%s": "%s"', (runs, words) => {
    expect(label(runs)).toBe(words)
  })

  test('draws each kind in its own shape, and only kinds that occurred', () => {
    expect(path('sfm', 'success')).toBe('M137 0v16')
    expect(path('sfm', 'fail')).toBe('M142 2v4m0 3v7')
    expect(path('sfm', 'missed')).toBe('M145.5.5h3v15h-3z')
    expect(strip('ss').match(/<path/g)).toHaveLength(1)
    expect(strip('')).not.toContain('<path')
  })

  test('shows the last 30 runs, the newest at the right edge', () => {
    const runs = `${'f'.repeat(10)}${'s'.repeat(30)}`
    expect(label(runs)).toBe('last 30 runs: 30 successes')
    expect(path(runs, 'success')).toMatch(/^M2 0v16.*M147 0v16$/)
  })

  test('takes less than 700 bytes', () => {
    for (const runs of ['s'.repeat(30), 'f'.repeat(30), 'm'.repeat(30), 'smf'.repeat(10), 'sm'.repeat(15)]) {
      expect(strip(runs).length).toBeLessThan(700)
    }
  })
})
