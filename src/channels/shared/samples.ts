// Invented messages, to try templates with before they are saved.
import type { Message } from '#channels/kind.ts'
import { composeGapNotice, type UnsubscribeNotice } from '#domain/notice.ts'
import { composeTest, type Notification } from '#domain/notification.ts'
import { composeSample, SAMPLE_DESCRIPTION, SAMPLE_OUTPUT } from '#domain/sample-notification.ts'
import { HOUR } from '#lib/duration.ts'

const BASE_URL = 'https://cronguard.example.com'
const NO_ID = '00000000-0000-0000-0000-000000000000'

/** One of each: down, up, a monitor that went down without any ping, notices and a test. */
export function sampleMessages(): Message[] {
  const now = Date.UTC(2026, 0, 5, 9)
  const project = { id: NO_ID, name: 'My project' }
  const monitor = { name: 'nightly-backup', tags: ['db'], description: SAMPLE_DESCRIPTION }
  const { down, up } = composeSample({ project: project.name, monitor, now })
  const { circumstances: _, ...facts } = down
  const unseen: Notification = { ...facts, reason: 'no-ping', lastPing: null, dueAt: now }
  const gap = { from: now - HOUR, to: now, reason: 'stop' as const }
  const offline = composeGapNotice({ gap, project, monitors: [down.monitor] })
  const unsubscribed: UnsubscribeNotice = {
    status: 'notice',
    at: now,
    reason: 'unsubscribed',
    isTest: false,
    project: project.name,
    projectId: project.id,
    channel: { id: NO_ID, title: 'On-call', recipient: 'ops@example.com' },
  }
  return [down, up, unseen, offline, unsubscribed, composeTest({ project: project.name, now })].map(messageOf)
}

function messageOf(notification: Notification): Message {
  const hasOutput = notification.status === 'down' && notification.reason === 'fail'
  return {
    notification,
    deliveryId: NO_ID,
    baseUrl: BASE_URL,
    zone: 'UTC',
    links: { open: `${BASE_URL}/`, acknowledge: null },
    output: hasOutput ? { text: SAMPLE_OUTPUT, isCut: false } : null,
    late: null,
    check: () => null,
    thread: { key: NO_ID, receipt: null },
  }
}
