// Every message that CronGuard sends, with sample facts. `bun test/words/messages.ts > test/words/messages.txt`
// updates the file after a change of their texts.

import { NEW_STATE, NO_ALERT_RULES, NO_RULES } from '#domain/monitor.ts'
import { composeGapNotice, type UnsubscribeNotice } from '#domain/notice.ts'
import {
  type Circumstances,
  composeNotification,
  composeTest,
  type Notification,
  type NotificationFacts,
} from '#domain/notification.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { renderAccountMailHtml, renderAccountMailText } from '#views/emails/account-mail.tsx'
import { renderAlertHtml, renderAlertText } from '#views/emails/alert.tsx'
import * as mails from '#words/account-mail.ts'
import { type MessageFacts, pageLinks } from '#words/message.ts'
import { notificationTitle } from '#words/notification.ts'

export interface SentMessage {
  /** The occasion on which it is sent. */
  when: string
  subject: string
  text: string
  html: string
}

const BASE_URL = 'https://cron.example.com'
const ZONE = 'Europe/Berlin'
const NOW = Date.UTC(2026, 11, 1, 2, 30)
const TO = 'ada@example.com'

const UNSUBSCRIBED: UnsubscribeNotice = {
  status: 'notice',
  at: NOW,
  reason: 'unsubscribed',
  isTest: false,
  project: 'Freelance',
  projectId: 'project-1',
  channel: { id: '1', title: 'On-call', recipient: 'ops@example.com' },
}

const BACKUP: NotificationFacts['monitor'] = {
  ...NO_RULES,
  ...NO_ALERT_RULES,
  ...NEW_STATE,
  id: 1,
  projectId: 'project-1',
  name: 'Files to S3 (restic)',
  slug: 'files-to-s3',
  tags: 'backup lawfirm-berg',
  description: 'Usually the cache disk is full: ssh web02 df -h /srv\nhttps://wiki.example.com/berg-backup',
  schedule: { kind: 'cron', periodMs: 0, expression: '0 3 * * *', timeZone: ZONE },
  graceMs: 30 * MINUTE,
  pingCount: 12_345,
  alias: '',
  aliasDialect: null,
  pingKey: '',
  uniqueKey: 'abcdef0123456789abcdef0123456789abcdef01',
  badgeKey: '',
  scheduleSince: 0,
  createdAt: 0,
}

const PING: RecordedPing = {
  monitorId: 1,
  number: 7,
  kind: 'success',
  runId: null,
  exitStatus: null,
  at: NOW - 24 * HOUR,
  durationMs: null,
  bodySize: 0,
  droppedBytes: 0,
  scheme: 'https',
  method: 'GET',
  remoteAddress: null,
  userAgent: '',
}

const FAILURE: RecordedPing = { ...PING, kind: 'fail', at: NOW, exitStatus: 1 }

type Facts = Partial<NotificationFacts> & { reason: NotificationFacts['transition']['reason'] }

function down({ reason, ...facts }: Facts): Notification {
  const transition = { from: 'up', to: 'down', at: NOW, reason } as const
  const rest = { monitor: BACKUP, project: 'Freelance', lastPing: PING, dueAt: NOW - 30 * MINUTE, downSince: null }
  return composeNotification({ transition, ...rest, ...facts })
}

function up(lastPing: RecordedPing, circumstances: Circumstances | null = null): Notification {
  const transition = { from: 'down', to: 'up', at: NOW + 381 * MINUTE, reason: 'ping' } as const
  const rest = { monitor: BACKUP, project: 'Freelance', dueAt: null, downSince: NOW }
  return composeNotification({ transition, lastPing: { ...lastPing, at: transition.at }, circumstances, ...rest })
}

const CIRCUMSTANCES: Circumstances = {
  projectId: 'project-1',
  incidentId: '5f0c1c2e-8f7f-4d52-a5ce-0a1f4c1b7d11',
  output: null,
  runs: { missed: 2, failed: 1, isMore: false },
  lastSuccessAt: NOW - 24 * HOUR,
  usualMs: 12 * MINUTE + 40 * SECOND,
  othersDown: { names: ['Mail archive', 'Reports'], count: 5, isMore: false },
  acknowledgment: { at: NOW + HOUR, by: 'Ada Winter', via: null },
}

const OUTPUT = [
  'using parent snapshot 41f0b2d7',
  'Fatal: unable to save snapshot: no space left on device',
  'RESTIC_PASSWORD=••••',
  'backup.sh: restic exited with status 1',
].join('\n')

/** `more`: what else the message holds. */
type Sample = [
  when: string,
  notification: Notification,
  more?: Partial<Omit<MessageFacts, 'links'>> & { links?: Partial<MessageFacts['links']> },
]

const NOTIFICATIONS: Sample[] = [
  [
    'the job failed, with its output',
    down({
      reason: 'fail',
      lastPing: { ...FAILURE, durationMs: 937 * SECOND },
      circumstances: { ...CIRCUMSTANCES, acknowledgment: null },
    }),
    { output: { text: OUTPUT, isCut: true }, links: { acknowledge: `${BASE_URL}/acknowledge/TOKEN` } },
  ],
  [
    'the job recovered, and the mail server was unreachable for hours',
    up({ ...PING, durationMs: 792 * SECOND }, CIRCUMSTANCES),
    {
      output: { text: 'snapshot a80c31f4 saved', isCut: false },
      late: { ms: 190 * MINUTE, cause: { kind: 'failed', detail: 'Connection refused' } },
    },
  ],
  ['no ping arrived in time', down({ reason: 'timeout' })],
  ['no ping has ever arrived', down({ reason: 'timeout', lastPing: null })],
  ['no ping arrived since the monitor was resumed', down({ reason: 'no-ping' })],
  ['a run started and did not finish', down({ reason: 'overrun', lastPing: { ...PING, kind: 'start', at: NOW } })],
  ['the job failed with an exit status', down({ reason: 'fail', lastPing: FAILURE })],
  [
    'the job failed again',
    down({
      reason: 'fail',
      lastPing: { ...FAILURE, exitStatus: null },
      monitor: { ...BACKUP, failuresInARow: 3, tags: '', description: '' },
    }),
  ],
  [
    'a run was too short',
    down({
      reason: 'fail',
      lastPing: { ...FAILURE, exitStatus: 0, durationMs: 2 * SECOND },
      monitor: { ...BACKUP, minRunMs: MINUTE },
    }),
  ],
  [
    'a run was too long',
    down({
      reason: 'fail',
      lastPing: { ...FAILURE, exitStatus: 0, durationMs: 62 * MINUTE },
      monitor: { ...BACKUP, maxRunMs: HOUR },
    }),
  ],
  ['the job recovered', up(PING)],
  ['someone reported a success manually', up({ ...PING, reportedBy: 'Ada Winter' })],
  [
    'CronGuard was offline',
    composeGapNotice({
      gap: { from: NOW - 39 * MINUTE, to: NOW, reason: 'crash' },
      project: { id: 'project-1', name: 'Freelance' },
      monitors: [BACKUP, { ...BACKUP, name: 'Mail archive' }],
    }),
  ],
  ['a recipient unsubscribed', UNSUBSCRIBED],
  ['someone tests a channel', composeTest({ project: 'Freelance', now: NOW })],
]

const ACCOUNT_MAILS: [when: string, mails.AccountMail][] = [
  ['an address has to be confirmed', mails.verificationMail({ to: TO, url: `${BASE_URL}/verify-email/TOKEN` })],
  ['someone registers', mails.registrationMail({ to: TO, url: `${BASE_URL}/register/TOKEN` })],
  ['someone registers again', mails.alreadyRegisteredMail({ to: TO, url: `${BASE_URL}/login` })],
  ['an address belongs to another account', mails.addressTakenMail({ to: TO, url: `${BASE_URL}/login` })],
  ['a password is forgotten', mails.passwordResetMail({ to: TO, url: `${BASE_URL}/password-reset/TOKEN` })],
  [
    'a person is invited',
    mails.invitationMail({
      to: TO,
      url: `${BASE_URL}/invitations/TOKEN`,
      project: 'Freelance',
      inviter: { name: 'Grace Hill', email: 'grace@example.com' },
      role: 'admin',
    }),
  ],
  [
    'an invitation comes from a command',
    mails.invitationMail({
      to: TO,
      url: `${BASE_URL}/invitations/TOKEN`,
      project: 'Freelance',
      inviter: null,
      role: 'viewer',
    }),
  ],
  ['an address was changed', mails.addressChangedMail({ to: TO, email: 'ada@new.example', url: BASE_URL })],
  [
    'someone signs in from a new address',
    mails.signInMail({
      to: TO,
      at: NOW,
      zone: ZONE,
      address: '203.0.113.7',
      browser: 'Firefox on Linux',
      url: `${BASE_URL}/settings`,
    }),
  ],
  [
    'a stranger has to confirm an address',
    mails.addressConfirmationMail({
      to: TO,
      project: 'Freelance',
      url: `${BASE_URL}/confirm-address/TOKEN`,
      baseUrl: BASE_URL,
    }),
  ],
  [
    'an address was unsubscribed',
    mails.unsubscribedMail({ to: TO, project: 'Freelance', url: `${BASE_URL}/resubscribe/TOKEN` }),
  ],
  [
    'the reader of a channel unsubscribed',
    mails.recipientUnsubscribedMail({
      to: TO,
      notice: UNSUBSCRIBED,
      url: `${BASE_URL}/channels/1`,
    }),
  ],
  [
    'a notification could not be delivered',
    mails.deliveryFailureMail({
      to: TO,
      monitor: 'Files to S3 (restic)',
      channel: 'On-call',
      detail: 'Received status code 500',
      url: `${BASE_URL}/incidents/1`,
    }),
  ],
]

export const MESSAGES: SentMessage[] = [
  ...NOTIFICATIONS.map(([when, notification, more = {}]) => {
    const links = { ...pageLinks(notification, BASE_URL), ...more.links }
    const message = { notification, baseUrl: BASE_URL, zone: ZONE, output: null, late: null, ...more, links }
    return {
      when,
      subject: notificationTitle(notification, ZONE),
      text: renderAlertText(message),
      html: renderAlertHtml(message),
    }
  }),
  ...ACCOUNT_MAILS.map(([when, mail]) => ({
    when,
    subject: mail.subject,
    text: renderAccountMailText({ mail, baseUrl: BASE_URL }),
    html: renderAccountMailHtml({ mail, baseUrl: BASE_URL }),
  })),
]

export function allMessages(): string {
  return MESSAGES.map(({ when, subject, text }) => `=== When ${when}\nSubject: ${subject}\n\n${text}`).join('\n')
}

if (import.meta.main) process.stdout.write(allMessages())
