import { describe, expect, test } from 'bun:test'
import { createWorkerQueue } from '#lib/worker.ts'

const WORKER = new URL('../support/idle-worker.ts', import.meta.url)

describe('createWorkerQueue', () => {
  test('answers questions one after the other, even after the queue was empty', async () => {
    const ask = createWorkerQueue<string, string>(WORKER, { maxMs: 20_000 })
    expect(await Promise.all(['one', 'two', 'three'].map(ask))).toEqual(['one', 'two', 'three'])
    expect(await ask('four')).toBe('four')
  })

  test('ends the worker when a question takes too long, and answers the next one', async () => {
    const ask = createWorkerQueue<string, string>(WORKER, { maxMs: 3000 })
    const [stuck, next] = await Promise.allSettled([ask('never'), ask('next')])
    expect([stuck.status, next]).toEqual(['rejected', { status: 'fulfilled', value: 'next' }])
  })
})
