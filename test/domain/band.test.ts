import { expect, test } from 'bun:test'
import { type Bands, bandsIn } from '#domain/band.ts'

const NONE: Bands = { maintenance: [], snooze: [], offline: [] }

test('bandsIn: counts what overlaps the period, and overlapping spans of one kind once', () => {
  const maintenance = [
    { from: 50, to: 120 },
    { from: 110, to: 130 },
    { from: 180, to: 300 },
    { from: 115, to: 118 },
    { from: 400, to: 500 },
  ]
  const snooze = [{ from: 0, to: 1000 }]
  expect(bandsIn({ from: 100, to: 200 }, { ...NONE, maintenance, snooze })).toEqual({
    maintenance: 50,
    snooze: 100,
    offline: 0,
  })
})
