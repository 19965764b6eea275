// Schemas of the responses of the management API. The OpenAPI document shows them, and tests check every response.
import { z } from 'zod'
import { DELIVERY_STATES, FAILURE_REASONS } from '#domain/delivery.ts'
import { TRANSITION_REASONS } from '#domain/lifecycle.ts'
import { API_KEY_ACCESS } from '#domain/project.ts'
import { answeredSettings } from './check-settings.ts'

const Time = z.string().meta({ format: 'date-time' })
const Count = z.int().min(0)
const Result = z.enum(['sent', 'logged', 'failed'])
const Reason = z.enum(FAILURE_REASONS).nullable()
const UniqueKey = z.string().describe('The `unique_key` of the check.')

export const Problem = z
  .object({ error: z.string().describe('One sentence, or the words that clients of Healthchecks know.') })
  .meta({ id: 'Problem' })

export const Check = z
  .object({
    ...answeredSettings(),
    n_pings: Count,
    status: z
      .enum(['new', 'up', 'grace', 'down', 'paused', 'started'])
      .describe('`grace` means late. `started` is only said by version 1.'),
    started: z.boolean().describe('Whether a run has started and not ended.'),
    last_ping: Time.nullable(),
    next_ping: Time.nullable().describe('When a ping is due, or when the run that is under way started.'),
    subject: z.string(),
    subject_fail: z.string(),
    badge_url: z.string(),
    unique_key: z.string().optional().describe('Only for a read-only key.'),
    uuid: z.string().optional().describe('The ping key; like the addresses below only for a read-write key.'),
    ping_url: z.string().optional(),
    update_url: z.string().optional(),
    pause_url: z.string().optional(),
    resume_url: z.string().optional(),
    channels: z.string().optional().describe('The ids of its channels with commas between them.'),
    subminute: z.boolean().optional(),
    last_duration: Count.optional().describe('Seconds of the last run, when that is known.'),
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
    rid: z.string().nullable().describe('The run id.'),
    body_url: z.string().nullable(),
    duration: z.number().optional().describe('Seconds, when the start of the run is known.'),
  })
  .meta({ id: 'Ping' })

export const Flip = z
  .object({ timestamp: Time, up: z.union([z.literal(0), z.literal(1)]).describe('1: it came up.') })
  .meta({ id: 'Flip' })

export const Channel = z.object({ id: z.uuid(), name: z.string(), kind: z.string() }).meta({ id: 'Channel' })

export const ChannelDetails = Channel.extend({
  enabled: z.boolean(),
  tells_blackouts: z.boolean().describe('Whether it tells of stretches in which CronGuard itself could not watch.'),
  summary: z.string().describe('Its settings in a few words that hold no secret.'),
  settings_given: z.array(z.string()).describe('The names of the settings that are stored; none is ever shown.'),
  failing_since: Time.nullable().describe('Since when its attempts fail; null when the last one did not.'),
  n_checks: Count.describe('How many checks tell it.'),
  n_waiting: Count.describe('How many messages wait to be told through it.'),
}).meta({ id: 'ChannelDetails' })

export const TestOutcome = z.object({ result: Result, reason: Reason, detail: z.string() }).meta({ id: 'TestOutcome' })

export const Delivery = z
  .object({
    id: z.uuid(),
    channel: z.uuid().nullable().describe('Null when the channel was deleted.'),
    channel_name: z.string(),
    kind: z.string(),
    status: z.enum(['up', 'down', 'blind']).describe('What it tells; `blind`: that CronGuard itself could not watch.'),
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
  check_name: z.string().nullable().describe('Null, as the check is, when the message is about CronGuard itself.'),
}).meta({ id: 'ProjectDelivery' })

export const DeliveryDetails = ProjectDelivery.extend({
  attempt_log: z
    .array(z.object({ started: Time, finished: Time, result: Result, reason: Reason, detail: z.string() }))
    .describe('Every attempt, oldest first.'),
}).meta({ id: 'DeliveryDetails' })

export const Incident = z
  .object({
    id: z.uuid(),
    check: UniqueKey,
    check_name: z.string(),
    reason: z.enum(TRANSITION_REASONS).describe('Why the check went down.'),
    opened: Time,
    closed: Time.nullable().describe('Null while it is open.'),
    duration: Count.describe('How many seconds it lasted, or has lasted so far.'),
    acknowledged: Time.nullable(),
    acknowledged_by: z.string().nullable().describe('Null when a program did it; never shown to a read-only key.'),
    note: z.string(),
    failed_deliveries: Count.describe('How many messages about it could not be delivered at all.'),
  })
  .meta({ id: 'Incident' })

export const IncidentDetails = Incident.extend({
  deliveries: z.array(Delivery).optional().describe('Every message about it, oldest first; only for a read-write key.'),
}).meta({ id: 'IncidentDetails' })

export const Project = z
  .object({
    id: z.uuid(),
    name: z.string(),
    ping_key: z.string().optional().describe('For ping URLs by slug; only for a read-write key.'),
  })
  .meta({ id: 'Project' })

export const Key = z
  .object({
    id: z.uuid(),
    name: z.string(),
    access: z.enum(API_KEY_ACCESS),
    hint: z.string().describe('How the key begins.'),
    created: Time,
  })
  .meta({ id: 'Key' })

export const NewKey = Key.extend({ key: z.string().describe('The key itself. It is never shown again.') }).meta({
  id: 'NewKey',
})

export const NextPage = z
  .uuid()
  .nullable()
  .describe('What to ask for as `before` for those that follow; null: none do.')
