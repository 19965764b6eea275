import { describe, expect, test } from 'bun:test'
import { chooseDeliveries, type Queue, type UnderWay } from '#domain/outbox.ts'

const SLOTS = { free: 32, perChannel: 4, perKind: 24 }

const queue = (channelId: string, due: number[], more: Partial<Queue> = {}): Queue => ({
  channelId,
  kind: 'webhook',
  isFailing: false,
  due,
  held: [],
  ...more,
})
const busy = (channelId: string, count: number, kind = 'webhook'): UnderWay => ({ channelId, kind, count })
const SIX_BUSY = ['r', 's', 't', 'u', 'v', 'w'].map((channelId) => busy(channelId, 4))

describe('chooseDeliveries', () => {
  const cases: [what: string, queues: Queue[], underWay: UnderWay[], free: number, chosen: number[]][] = [
    ['chooses nothing when nothing is due', [], [], 32, []],
    ['alternates between channels', [queue('a', [1, 2]), queue('b', [3, 4])], [], 3, [1, 3, 2]],
    ['gives a channel at most four slots', [queue('a', [1, 2, 3, 4, 5])], [], 32, [1, 2, 3, 4]],
    ['counts what a channel is sending', [queue('a', [5, 6])], [busy('a', 3)], 32, [5]],
    ['prefers a channel that sends nothing', [queue('a', [1]), queue('b', [9])], [busy('a', 1)], 1, [9]],
    ['gives a failing channel one slot', [queue('a', [1, 2], { isFailing: true })], [], 32, [1]],
    ['and none while it uses that one', [queue('a', [2], { isFailing: true })], [busy('a', 1)], 32, []],
    ['prefers one that works', [queue('a', [1], { isFailing: true }), queue('b', [9])], [], 1, [9]],
    ['leaves slots to other kinds', [queue('a', [1]), queue('m', [2], { kind: 'email' })], SIX_BUSY, 8, [2]],
    ['counts a combined message once', [queue('a', [1])], [busy('x', 50)], 32, [1]],
    ['treats deleted channels like one', [queue('a', [7], { channelId: null })], [], 32, [7]],
  ]
  test.each(cases)('%s', (_what, queues, underWay, free, chosen) => {
    expect(chooseDeliveries(queues, underWay, { ...SLOTS, free })).toEqual(chosen)
  })
})
