import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { bodyOf, cutBody, EXCERPT_MAX, excerptOf, joinBodies, type KeptMail, PLAIN } from '#domain/body.ts'

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

describe('excerptOf', () => {
  const excerpt = (text: string, limit = 100_000) =>
    excerptOf({ body: cutBody(new TextEncoder().encode(text), limit), reading: PLAIN })

  test('is the whole text if it is short, and null if it is blank', () => {
    expect(excerpt('done\n')).toEqual({ text: 'done\n', cut: { start: false, end: false } })
    expect(excerpt(' \n')).toBeNull()
  })

  test('is the end of a long text, without half a character', () => {
    const { text = '', cut } = excerpt(`${'🙂'.repeat(EXCERPT_MAX)}!`) ?? {}
    expect(cut).toEqual({ start: true, end: false })
    expect(text).toBe(`${'🙂'.repeat(EXCERPT_MAX / 2 - 1)}!`)
  })

  test('is the tail of a body that was cut', () => {
    const { text = '', cut } = excerpt(`${'a'.repeat(30_000)}the end`, 12_000) ?? {}
    expect(text).toBe(`${'a'.repeat(1993)}the end`)
    expect(cut).toEqual({ start: true, end: false })
  })

  test('of a body of which only the beginning is stored, says that the end is missing', () => {
    expect(excerpt('a'.repeat(10_001), 10_000)).toEqual({ text: 'a'.repeat(10_000), cut: { start: false, end: true } })
  })

  test('of an email is its text, or else its subject', () => {
    const mail = (parts: KeptMail['parts']) =>
      excerptOf({
        body: bodyOf('Content-Transfer-Encoding: base64'),
        reading: { ...PLAIN, mail: { subject: 'Backup failed', parts, asksToConfirm: false } },
      })?.text
    expect(mail([{ name: 'Text', text: 'disk full' }])).toBe('disk full')
    expect(mail([{ name: 'Text', text: '' }])).toBe('Backup failed')
  })
})
