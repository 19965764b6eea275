// Schemas of the responses of the management API. The OpenAPI document shows them, and tests check every response.
import { z } from 'zod'
import { SCOPES } from '#domain/channel.ts'
import { DELIVERY_STATES, FAILURE_REASONS } from '#domain/delivery.ts'
import { TRANSITION_REASONS } from '#domain/lifecycle.ts'
import { API_KEY_ACCESS } from '#domain/project.ts'
import { RULES_ANSWERED } from './channel-rules.ts'
import { answeredSettings } from './check-settings.ts'

const Time = z.string().meta({ format: 'date-time' })
const Count = z.int().min(0)
const Result = z.enum(['sent', 'logged', 'failed'])
const Reason = z.enum(FAILURE_REASONS).nullable()
const UniqueKey = z.string().describe('The `unique_key` of the check.')

export const Problem = z
  .object({ error: z.string().describe('One sentence, or the error text of Healthchecks.') })
  .meta({ id: 'Problem' })

export const Check = z
  .object({
    ...answeredSettings(),
    n_pings: Count,
    status: z
      .enum(['new', 'up', 'grace', 'down', 'paused', 'started'])
      .describe('`grace` means late. Only version 1 returns `started`.'),
    started: z.boolean().describe('Whether a run is in progress.'),
    last_ping: Time.nullable(),
    next_ping: Time.nullable().describe('When the next ping is due, or when the current run started.'),
    subject: z.string(),
    subject_fail: z.string(),
    badge_url: z.string(),
    unique_key: z.string().optional().describe('Only for a read-only key.'),
    uuid: z.string().optional().describe('The ping key. Like the URLs below, only for a read-write key.'),
    ping_url: z.string().optional(),
    update_url: z.string().optional(),
    pause_url: z.string().optional(),
    resume_url: z.string().optional(),
    channels: z.string().optional().describe('The IDs of its channels, separated by commas.'),
    subminute: z.boolean().optional(),
    last_duration: Count.optional().describe('Duration of the last run in seconds, if known.'),
  })
  .meta({ id: 'Check' })

export const Ping = z
  .object({
    type: z.enum(['success', 'start', 'fail', 'log', 'ign']).describe('`ign` means ignored.'),
    date: Time,
    n: z.int().min(1),
    scheme: z.string(),
    remote_addr: z.string().nullable(),
    method: z.string(),
    ua: z.string(),
    rid: z.string().nullable().describe('The run ID.'),
    body_url: z.string().nullable(),
    duration: z.number().optional().describe('Duration in seconds, if the start of the run is known.'),
  })
  .meta({ id: 'Ping' })

export const Flip = z
  .object({ timestamp: Time, up: z.union([z.literal(0), z.literal(1)]).describe('1: up, 0: down.') })
  .meta({ id: 'Flip' })

export const Channel = z.object({ id: z.uuid(), name: z.string(), kind: z.string() }).meta({ id: 'Channel' })

export const ChannelDetails = Channel.extend({
  enabled: z.boolean(),
  confirmed: z.boolean().describe('False while its address has not been confirmed, so it gets no notifications.'),
  tells_blackouts: z.boolean().describe('Whether it notifies when CronGuard itself was offline.'),
  ...RULES_ANSWERED,
  scope: z.enum(SCOPES).describe('Which checks use it.'),
  scope_tags: z.string().describe('The tags of the scope `tag`, separated by spaces.'),
  summary: z.string().describe('A short description of its settings, without secrets.'),
  settings_given: z.array(z.string()).describe('The names of the stored settings. Their values are never shown.'),
  proven: Time.describe('When a message was last accepted, or when the channel was created.'),
  failing_since: Time.nullable().describe('When its deliveries started to fail; null if the last one succeeded.'),
  n_checks: Count.describe('The number of checks that use it.'),
  n_waiting: Count.describe('The number of pending notifications.'),
}).meta({ id: 'ChannelDetails' })

export const TestOutcome = z.object({ result: Result, reason: Reason, detail: z.string() }).meta({ id: 'TestOutcome' })

export const Delivery = z
  .object({
    id: z.uuid(),
    channel: z.uuid().nullable().describe('Null if the channel was deleted.'),
    channel_name: z.string(),
    kind: z.string(),
    status: z
      .enum(['up', 'down', 'blind', 'notice'])
      .describe('`blind`: CronGuard itself was offline. `notice`: someone unsubscribed.'),
    state: z.enum(DELIVERY_STATES),
    attempts: Count,
    last_outcome: z.object({ result: Result, reason: Reason, detail: z.string(), at: Time }).nullable(),
    created: Time,
    next_attempt: Time.nullable(),
    settled: Time.nullable(),
  })
  .meta({ id: 'Delivery' })

export const ProjectDelivery = Delivery.extend({
  check: UniqueKey.nullable(),
  check_name: z.string().nullable().describe('Null, like the check, if the notification is about no monitor.'),
}).meta({ id: 'ProjectDelivery' })

export const DeliveryDetails = ProjectDelivery.extend({
  attempt_log: z
    .array(z.object({ started: Time, finished: Time, result: Result, reason: Reason, detail: z.string() }))
    .describe('All attempts, oldest first.'),
}).meta({ id: 'DeliveryDetails' })

export const Incident = z
  .object({
    id: z.uuid(),
    check: UniqueKey,
    check_name: z.string(),
    reason: z.enum(TRANSITION_REASONS).describe('Why the check went down.'),
    opened: Time,
    closed: Time.nullable().describe('Null while it is open.'),
    duration: Count.describe('The duration in seconds, up to now if it is open.'),
    acknowledged: Time.nullable(),
    acknowledged_by: z
      .string()
      .nullable()
      .describe('A name, or the channel whose link was used. Null if the API was used. Not shown to a read-only key.'),
    note: z.string(),
    failed_deliveries: Count.describe('The number of its notifications that failed permanently.'),
  })
  .meta({ id: 'Incident' })

export const IncidentDetails = Incident.extend({
  deliveries: z.array(Delivery).optional().describe('All its notifications, oldest first. Only for a read-write key.'),
}).meta({ id: 'IncidentDetails' })

export const SnoozeAnswer = z
  .object({
    id: z.uuid(),
    check: UniqueKey.nullable().describe('Null, like the tag, if all checks of the project are snoozed.'),
    tag: z.string().nullable(),
    created: Time,
    created_by: z.string().nullable().describe('A name, or the channel whose link was used. Null for the API.'),
    ends: Time.nullable().describe('Null: until the check recovers.'),
  })
  .meta({ id: 'Snooze' })

export const MaintenanceAnswer = z
  .object({
    id: z.uuid(),
    check: UniqueKey.nullable().describe('Null, like the tag, for all checks of the project.'),
    tag: z.string().nullable(),
    name: z.string(),
    starts: Time,
    ends: Time.nullable().describe('Null if it recurs.'),
    schedule: z.string().nullable().describe('When it recurs; null if it does not.'),
    tz: z.string().nullable(),
    seconds: Count.describe('How long it lasts; each time, if it recurs.'),
    created: Time,
    created_by: z.string().nullable(),
  })
  .meta({ id: 'Maintenance' })

export const Project = z
  .object({
    id: z.uuid(),
    name: z.string(),
    ping_key: z.string().optional().describe('The key in ping URLs with a slug. Only for a read-write key.'),
    hidden_words: z
      .array(z.string())
      .optional()
      .describe('Words that are hidden in messages and from viewers. Only for a read-write key.'),
  })
  .meta({ id: 'Project' })

export const Key = z
  .object({
    id: z.uuid(),
    name: z.string(),
    access: z.enum(API_KEY_ACCESS),
    hint: z.string().describe('The first characters of the key.'),
    created: Time,
  })
  .meta({ id: 'Key' })

export const NewKey = Key.extend({ key: z.string().describe('The key. It is shown only once.') }).meta({
  id: 'NewKey',
})

export const NextPage = z.uuid().nullable().describe('The value of `before` for the next page; null if there is none.')
