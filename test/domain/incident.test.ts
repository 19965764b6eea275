import { describe, expect, test } from 'bun:test'
import { readIncidentCursor, writeIncidentCursor } from '#domain/incident.ts'

describe('Incident cursor', () => {
  test.each(['open.1764000000000.7', 'past.0.0', `past.${Number.MAX_SAFE_INTEGER}.1`])(
    '%s is read back unchanged',
    (text) => {
      const cursor = readIncidentCursor(text)
      expect(cursor && writeIncidentCursor(cursor)).toBe(text)
    },
  )

  test.each([null, '', '1764000000000', 'closed.1.2', 'open.1', 'open.-1.2', 'open.1.2.3', 'past.9999999999999999.1'])(
    '%p is not a cursor',
    (text) => {
      expect(readIncidentCursor(text)).toBeNull()
    },
  )
})
