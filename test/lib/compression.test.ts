import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { decompress, UndecodableError } from '#lib/compression.ts'

async function piecesOf(bytes: Uint8Array, limit: number): Promise<number[]> {
  const sizes: number[] = []
  for await (const piece of decompress(bytes, { encoding: 'gzip', limit })) sizes.push(piece.length)
  return sizes
}
const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)

describe('decompress', () => {
  test('stops at the limit, however much would follow', async () => {
    const sizes = await piecesOf(gzipSync(new Uint8Array(50_000_000)), 1_000_000)
    expect(sum(sizes)).toBe(1_000_000)
    expect(Math.min(...sizes)).toBeGreaterThan(0)
  })

  test('yields what it can of bytes that end early, and throws UndecodableError without any', async () => {
    const whole = gzipSync(Array.from({ length: 50_000 }, (_, line) => line * 7919).join('\n'))
    expect(sum(await piecesOf(whole.subarray(0, whole.length / 2), 1_000_000))).toBeGreaterThan(100_000)
    await expect(piecesOf(Buffer.from('plain text'), 1000)).rejects.toBeInstanceOf(UndecodableError)
  })
})
