// A service that is down for six hours: every kind sends what happened afterwards, once and in order.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { findKind } from '#channels/index.ts'
import type { Monitor } from '#domain/monitor.ts'
import { durationInWords, HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import type { ChannelAdaptor, Reach, Receiver } from './conformance.ts'

const PART_MS = 90 * MINUTE
/** Retries are an hour apart at most. Each of four notifications may wait for the one before. */
const CATCH_UP_MS = 3 * HOUR
const STEP_MS = 5 * MINUTE

export function testOutage(adaptor: ChannelAdaptor): void {
  describe(`A ${adaptor.kind} service that is down for six hours`, () => {
    let guard: TestGuard
    let receiver: Receiver
    let reach: Reach
    let job: Monitor

    beforeEach(async () => {
      guard = new TestGuard()
      receiver = await adaptor.startReceiver()
      reach = adaptor.reach({ host: '127.0.0.1', port: receiver.port, isSecure: false })
      Object.assign(guard.deps, reach.transports)
      const project = guard.project()
      const channelId = guard.channel(project, { kind: adaptor.kind, settings: reach.settings })
      job = guard.monitor(project, { name: 'backup', schedule: { kind: 'period', periodMs: 30 * 24 * HOUR } }, [
        channelId,
      ])
      receiver.says = adaptor.refusals.find(([, , isPermanent]) => !isPermanent)?.[0] ?? 503
    })
    afterEach(async () => {
      reach.close()
      await receiver.stop()
      guard.stop()
    })

    /** Fails and recovers by turns, and then the service works again. */
    async function fluctuate(endings: readonly string[]): Promise<void> {
      for (const ending of endings) {
        await guard.ping(job, ending)
        await guard.pass((4 / endings.length) * PART_MS, STEP_MS)
      }
      // Receivers also list what they refused. Only the oldest message was tried.
      expect(received().filter((line) => line !== 'backup: down')).toEqual([])
      receiver.receipts.length = 0
      receiver.says = null
      await guard.pass(CATCH_UP_MS, STEP_MS)
    }

    // A tracker closes its entry, which is not a message.
    const isMessage = (line: string) => line === 'backup: down' || !findKind(adaptor.kind)?.isPerIncident
    const messages = () =>
      receiver.receipts
        .map(({ name, status, text }) => ({ line: `${name}: ${status}`.toLowerCase(), text }))
        .filter(({ line }) => isMessage(line))
    const received = () => messages().map(({ line }) => line)
    const texts = () => messages().map(({ text }) => text.replaceAll('\u2060', ''))
    const lateness = () =>
      guard
        .deliveries(job)
        .filter(({ status }) => isMessage(`backup: ${status}`))
        .map(({ createdAt, settledAt }) => `${durationInWords((settledAt ?? 0) - createdAt)} late`)
    const states = () => guard.deliveries(job).map(({ state, status }) => `${status} ${state}`)

    test('gets one message that the monitor went down and one that it is up, in order', async () => {
      await fluctuate(['/fail', ''])
      expect(states()).toEqual(['down sent', 'up sent'])
      const expected = ['backup: down', 'backup: up'].filter(isMessage)
      expect(received()).toEqual(expected)
      expect(texts()).toEqual(lateness().map((late) => expect.stringContaining(late)))
      await guard.pass(10 * HOUR, HOUR)
      expect(received()).toEqual(expected)
    }, 30_000)

    test('gets all four messages in order, if the monitor went down and up twice', async () => {
      await fluctuate(['/fail', '', '/fail', ''])
      expect(states()).toEqual(['down sent', 'up sent', 'down sent', 'up sent'])
      const expected = ['backup: down', 'backup: up', 'backup: down', 'backup: up'].filter(isMessage)
      expect(received()).toEqual(expected)
      expect(texts()).toEqual(lateness().map((late) => expect.stringContaining(late)))
      const settledAt = guard.deliveries(job).map((delivery) => delivery.settledAt ?? 0)
      expect(settledAt).toEqual(settledAt.toSorted((a, b) => a - b))
    }, 30_000)
  })
}
