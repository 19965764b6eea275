// A manual resend through a channel whose settings suppress the notification.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import type { Project } from '#domain/project.ts'
import { HOUR } from '#lib/duration.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
})
afterEach(() => {
  guard.live.close()
  guard.stop()
})

/** A monitor that is down, whose channel sends nothing about that since its notification was sent. */
async function suppressed() {
  const settings = { server: 'https://ntfy.example.org', topic: 'ops', downPriority: '4', upPriority: '3' }
  const channelId = guard.channel(project, { kind: 'ntfy', settings })
  const monitor = guard.monitor(project, { name: 'backup' }, [channelId])
  await guard.ping(monitor, '/fail')
  await guard.tick()
  const input = { given: { downPriority: '0' }, removed: [] }
  updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, input })
  return { channelId, monitor, deliveryId: guard.deliveries(monitor)[0]?.id ?? '' }
}

describe('A suppressed resend', () => {
  test('through the API creates a delivery that is logged immediately, with the reason', async () => {
    const { channelId, monitor, deliveryId } = await suppressed()
    const path = `/deliveries/${deliveryId}/repeat`
    const { status, json } = await callApi(guard, path, { with: guard.apiKey(project), body: 'null' })
    expect([status, json]).toMatchObject([201, { channel: channelId, state: 'logged', attempts: 1 }])
    expect(json.attempt_log).toMatchObject([{ result: 'logged', detail: 'The priority is “Send nothing”' }])
    const stored = guard.deliveries(monitor).find(({ id }) => id === json.id)
    expect(stored).toMatchObject({ settledAt: guard.clock.now(), nextAttemptAt: null })
    await guard.pass(HOUR)
    expect(guard.outside.calls).toHaveLength(1)
  })

  test('on the page says that nothing was sent', async () => {
    const { monitor, deliveryId } = await suppressed()
    const member = await memberOf(guard, project, 'member')
    const { headers } = await member.post(`/deliveries/${deliveryId}/resend`)
    expect(headers.getSetCookie().join()).toContain('delivery-suppressed')
    expect(guard.deliveries(monitor).map(({ state }) => state)).toEqual(['sent', 'logged'])
  })
})
