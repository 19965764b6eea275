import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { cutBody, joinBodies } from '#domain/body.ts'

const bytesOf = (length: number, first: number) => new Uint8Array(length).map((_, index) => (first + index) % 251)

describe('joinBodies', () => {
  test('of bodies that were cut is the same as of whole ones', () => {
    const lengths = fc.array(fc.oneof(fc.nat(50), fc.nat(40_000)), { maxLength: 4 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 30_000 }), fc.nat(5000), (sizes, limit, more) => {
        const parts = sizes.map((size, index) => bytesOf(size, 31 * index))
        const whole = new Uint8Array(Buffer.concat(parts))
        const cut = parts.map((part) => cutBody(part, limit + more))
        expect(joinBodies(cut, limit)).toEqual(cutBody(whole, limit))
      }),
    )
  })
})
