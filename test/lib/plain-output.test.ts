import { expect, test } from 'bun:test'
import { plainOutput } from '#lib/plain-output.ts'

test.each([
  ['colors', '\x1b[1;31mERROR\x1b[0m: disk \x1b[38;5;9mfull\x1b[m', 'ERROR: disk full'],
  ['a title and a hyperlink', '\x1b]0;backup\x07a \x1b]8;;https://x\x1b\\b\x1b]8;;\x1b\\', 'a b'],
  ['a progress bar', '10%\r50%\r100%\r\ndone\r\n', '100%\ndone\n'],
  ['control characters', 'a\x07b\x08c\td\x7f', 'a␇b␈c\td␡'],
  ['undeclared UTF-16', 'd\0o\0n\0e\0', 'done'],
  ['an incomplete sequence', 'end \x1b[3', 'end 3'],
  ['plain text', 'a\n\n  b [31m', 'a\n\n  b [31m'],
])('plainOutput: %s', (_what, output, plain) => {
  expect(plainOutput(output)).toBe(plain)
})

// Quadratic time would be 256 times as long for 16 times the text.
test.each(['\x1b[', '\x1b]0', '\x1b[1', '\x1b ', '\r', 'a\r', '\x1b'])(
  'plainOutput: takes linear time for %p',
  (part) => {
    const [short, long] = [part.repeat(4000), part.repeat(64_000)]
    timeOf(short)
    expect(timeOf(long) / Math.max(timeOf(short), 0.3)).toBeLessThan(100)
  },
)

function timeOf(text: string): number {
  const times = Array.from({ length: 4 }, () => {
    const startedAt = performance.now()
    plainOutput(text)
    return performance.now() - startedAt
  })
  return Math.min(...times)
}
