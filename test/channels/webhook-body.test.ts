import { expect, test } from 'bun:test'
import { webhookBody } from '#channels/webhook.ts'
import type { Circumstances } from '#domain/notification.ts'
import { AT, BASE_URL, messageOf, notificationOf } from './conformance.ts'

test('webhookBody: the output, the links, and what else was known', () => {
  const circumstances: Circumstances = {
    projectId: 'project-1',
    incidentId: 'incident-1',
    output: { pingNumber: 7, text: 'not redacted', cut: { start: false, end: false } },
    runs: { missed: 2, failed: 1, isMore: false },
    lastSuccessAt: AT - 3_600_000,
    usualMs: 61_999,
    othersDown: { names: ['billing'], count: 1, isMore: false },
    acknowledgment: { at: AT, by: 'Ada', via: null },
  }
  const acknowledge = `${BASE_URL}/acknowledge/token`
  const message = messageOf(notificationOf({ circumstances }))
  const output = { text: 'disk full', isCut: false }
  expect(webhookBody({ ...message, output, links: { ...message.links, acknowledge } })).toMatchObject({
    output: 'disk full',
    incident_url: `${BASE_URL}/incidents/incident-1`,
    acknowledge_url: acknowledge,
    missed_runs: 2,
    last_success: '2026-03-01T11:00:00.000Z',
    usual_seconds: 61,
    others_down: { count: 1, names: ['billing'] },
    acknowledged: { timestamp: '2026-03-01T12:00:00.000Z', by: 'Ada' },
  })
})
