import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPipe, readStream } from '#lib/input.ts'

let folder: string
let pipe: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-pipe-'))
  pipe = join(folder, 'pipe')
  await Bun.$`mkfifo ${pipe}`
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('readPipe', () => {
  test('reads to the end, even from a slow writer', async () => {
    const writer = Bun.spawn(['sh', '-c', `{ printf one; sleep 0.1; printf two; } > ${pipe}`])
    expect(await readPipe(pipe, { max: 100 })).toBe('onetwo')
    await writer.exited
  })

  test('stops waiting when no writer opens the pipe', async () => {
    expect(await readPipe(pipe, { max: 100, writerWaitMs: 60 })).toBe('')
  })

  test('reads no more than the limit', async () => {
    const writer = Bun.spawn(['sh', '-c', `yes > ${pipe}`], { stderr: 'ignore' })
    expect(await readPipe(pipe, { max: 1_000_000 })).toBeNull()
    await writer.exited
  })
})

test('readStream reads no more than the limit', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'x'.repeat(1000))
  expect(await readStream(Bun.file(file).stream(), 999)).toBeNull()
  expect(await readStream(Bun.file(file).stream(), 1000)).toHaveLength(1000)
})
