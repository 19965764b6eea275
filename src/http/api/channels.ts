import { z } from 'zod'
import { createChannel, deleteChannel, testChannel, testedChannels, updateChannel } from '#actions/channels.ts'
import { awaitsConfirmation } from '#actions/confirmations.ts'
import { runsPrograms } from '#actions/program-channels.ts'
import { CHANNEL_KINDS, summaryOf } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import {
  CHANNEL_NAME_MAX,
  type ChannelReport,
  type MonitorChoice,
  SCOPES,
  type SettingsInput,
  scopeTags,
  toScope,
} from '#domain/channel.ts'
import { TAGS_MAX } from '#domain/monitor.ts'
import type { MessageLimits } from '#http/message-limits.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { AppError } from '#lib/errors.ts'
import { findChannelReport, listChannels, listMonitorIdsOfChannel } from '#store/channels.ts'
import { rulesOnWire } from '#words/channel-rules.ts'
import { time, timeOrNull } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { Channel, ChannelDetails, TestOutcome } from './answers.ts'
import { RULES, rulesFrom } from './channel-rules.ts'
import { type ApiCall, bodiless, endpoint, write } from './endpoint.ts'
import { flag, readBody } from './fields.ts'
import { ONE_LINE } from './limits.ts'
import { toChannel } from './shapes.ts'

const Name = z.string('name is not a string').meta({ maxLength: CHANNEL_NAME_MAX, ...ONE_LINE })

const SCOPE = {
  scope: z
    .enum(SCOPES, `scope is not one of ${SCOPES.join(', ')}`)
    .optional()
    .describe(
      '`all`: all checks, including new ones. `tag`: checks with one of `scope_tags`, including new ones. `these`: ' +
        'checks that list it in `channels`. Sending a scope reassigns the channel and removes exceptions.',
    ),
  scope_tags: z
    .string('scope_tags is not a string')
    .refine((tags) => [...tags].length <= TAGS_MAX, 'scope_tags is too long')
    .meta({ maxLength: TAGS_MAX })
    .optional()
    .describe('Tags separated by spaces, for the scope `tag`.'),
}

const NewChannel = z
  .object({
    kind: z
      .string('kind is not a string')
      .meta({ enum: CHANNEL_KINDS.map(({ kind }) => kind) })
      .describe('The kind of channel.'),
    name: Name.default('').describe('Up to 100 characters.'),
    settings: z
      .looseObject({}, 'settings is not an object')
      .describe('The settings of its kind, by field name. All values are strings.'),
    ...SCOPE,
    ...RULES,
  })
  .meta({ id: 'NewChannel' })

const ChannelChange = z
  .object({
    name: Name.describe('Up to 100 characters.'),
    settings: z
      .record(
        z.string(),
        z.string('a value in settings is neither a string nor null').nullable(),
        'settings is not an object',
      )
      .describe('Only settings to change. Null removes an optional one.'),
    enabled: flag('enabled').describe('If false, the channel is disabled and its pending notifications are discarded.'),
    tells_blackouts: flag('tells_blackouts').describe('Whether it notifies when CronGuard itself was offline.'),
    ...SCOPE,
    ...RULES,
  })
  .partial()
  .meta({ id: 'ChannelChange' })

/** All versions list channels, as in Healthchecks. Everything else is an addition in version 3. */
export function channelRoutes(deps: Deps, messageLimits: MessageLimits) {
  const GET = write((call) => list(deps, call), LIST)
  return cookielessRoutes('api/channels', 'json')
    .use(endpoint(deps, { path: '/channels/', versions: [1, 2], operations: { GET } }))
    .use(
      endpoint(deps, {
        path: '/channels/',
        versions: [3],
        operations: { GET, POST: write((call) => create(deps, call), CREATE) },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/channels/:id',
        versions: [3],
        operations: {
          GET: write((call) => Response.json(detailsOf(deps, find(deps, call))), SHOW),
          POST: write((call) => update(deps, call), UPDATE),
          DELETE: write((call) => remove(deps, call), REMOVE),
        },
      }),
    )
    .use(
      endpoint(deps, {
        path: '/channels/:id/test',
        versions: [3],
        operations: { POST: bodiless((call) => test(deps, { call, messageLimits }), TEST) },
      }),
    )
}

const LIST: About = {
  id: 'listChannels',
  resource: 'Channels',
  summary: 'Lists the channels of the project',
  answers: { 200: z.object({ channels: z.array(Channel) }) },
}

function list(deps: Deps, { projectId }: ApiCall): Response {
  return Response.json({ channels: listChannels(deps.db, projectId).map(toChannel) })
}

const CREATE: About = {
  id: 'createChannel',
  resource: 'Channels',
  summary: 'Creates a channel',
  notes: 'Without a scope, it is assigned to all existing checks, and not to new ones.',
  body: NewChannel,
  answers: { 201: Channel },
  refusals: {
    403: 'Only an administrator of the server can create this kind of channel, on the web.',
    409: 'The project already has 100 channels.',
  },
}

function create(deps: Deps, { projectId, body }: ApiCall): Response {
  const { kind, name, settings, scope, scope_tags: tags, ...given } = readBody(NewChannel, body)
  const monitors = toChoice({ scope, tags, monitorIds: [] })
  const wanted = { projectId, kind, name, settings, rules: rulesFrom(given), ...(monitors && { monitors }) }
  const channel = createChannel(deps, wanted)
  return Response.json(toChannel(channel), { status: 201 })
}

const SHOW: About = {
  id: 'readChannel',
  resource: 'Channels',
  summary: 'Returns a channel with its delivery status',
  answers: { 200: ChannelDetails },
}

function find(deps: Deps, { projectId, params }: ApiCall): ChannelReport {
  const report = findChannelReport(deps.db, params.id ?? '')
  if (report === null || report.channel.projectId !== projectId || runsPrograms(report.channel.kind)) {
    throw new AppError('not_found', 'Channel not found.')
  }
  return report
}

const UPDATE: About = {
  id: 'updateChannel',
  resource: 'Channels',
  summary: 'Updates the fields that are sent',
  notes:
    'A secret that is not sent stays unchanged. If the URL changes to another server, the secret must be sent, too.',
  body: ChannelChange,
  answers: { 200: ChannelDetails },
  refusals: { 409: 'This kind of channel is no longer supported.' },
}

function update(deps: Deps, call: ApiCall): Response {
  const {
    name,
    settings,
    enabled,
    tells_blackouts,
    scope,
    scope_tags: tags,
    ...given
  } = readBody(ChannelChange, call.body)
  const { channel } = find(deps, call)
  updateChannel(deps, {
    ref: { projectId: call.projectId, channelId: channel.id },
    name,
    input: settings && toInput(settings),
    isDisabled: enabled === undefined ? undefined : !enabled,
    notifiesGaps: tells_blackouts,
    rules: rulesFrom(given),
    monitors: toChoice({ scope, tags, monitorIds: listMonitorIdsOfChannel(deps.db, channel.id) }),
  })
  return Response.json(detailsOf(deps, find(deps, call)))
}

function toChoice({ scope, tags, monitorIds }: WantedScope): MonitorChoice | undefined {
  if (scope === undefined && tags === undefined) return undefined
  const chosen = toScope(scope ?? 'tag', tags)
  return chosen.is === 'these' ? { is: 'these', monitorIds } : chosen
}

interface WantedScope {
  scope: (typeof SCOPES)[number] | undefined
  tags: string | undefined
  /** The checks that stay when the scope is `these`. */
  monitorIds: number[]
}

const REMOVE: About = {
  id: 'deleteChannel',
  resource: 'Channels',
  summary: 'Deletes a channel and returns it',
  notes: 'Its pending notifications are discarded.',
  answers: { 200: Channel },
}

function remove(deps: Deps, call: ApiCall): Response {
  const { channel } = find(deps, call)
  return Response.json(toChannel(deleteChannel(deps, { projectId: call.projectId, channelId: channel.id })))
}

const TEST: About = {
  id: 'testChannel',
  resource: 'Channels',
  summary: 'Sends a test now and returns the outcome',
  answers: { 200: TestOutcome },
  refusals: {
    409: 'The address of the channel has not been confirmed yet.',
    429: 'A test of this channel is still running, or there were too many tests.',
  },
}

async function test(
  deps: Deps,
  { call, messageLimits }: { call: ApiCall; messageLimits: MessageLimits },
): Promise<Response> {
  const { projectId, params, address } = call
  const { channel } = find(deps, call)
  for (const one of testedChannels(deps, channel)) await messageLimits.tests.take({ address, channel: one })
  const outcome = await testChannel(deps, { projectId, channelId: params.id ?? '' })
  const { result, detail } = outcome
  return Response.json({ result, reason: outcome.result === 'failed' ? outcome.reason : null, detail })
}

// An empty string and null both remove the setting.
function toInput(settings: Record<string, string | null>): SettingsInput {
  const entries = Object.entries(settings).map(([name, value]): [string, string] => [name, value ?? ''])
  return {
    given: Object.fromEntries(entries),
    removed: entries.filter(([, value]) => value === '').map(([name]) => name),
  }
}

// Secrets are left out. That includes the URL of a webhook, because its path is often its only secret.
function detailsOf(deps: Deps, report: ChannelReport): z.output<typeof ChannelDetails> {
  const { channel, failingSince, provenAt, monitors, waiting } = report
  const stored = Object.entries(channel.settings as Record<string, unknown>)
  return {
    ...toChannel(channel),
    enabled: channel.disabledAt === null,
    confirmed: !awaitsConfirmation(deps, channel),
    tells_blackouts: channel.notifiesGaps,
    ...rulesOnWire(channel.rules),
    scope: channel.scope.is,
    scope_tags: scopeTags(channel.scope),
    summary: summaryOf(channel),
    settings_given: stored.filter(([, value]) => value !== '').map(([name]) => name),
    proven: time(provenAt),
    failing_since: timeOrNull(failingSince),
    n_checks: monitors,
    n_waiting: waiting,
  }
}
