import { findKind } from '#channels/index.ts'
import { type ChannelKind, changedSettings } from '#channels/kind.ts'
import { sampleMessages } from '#channels/shared/samples.ts'
import type { Deps } from '#deps.ts'
import {
  CHANNELS_MAX,
  type Channel,
  ChannelName,
  type ChannelScope,
  covers,
  DISABLED,
  type MonitorChoice,
  type SettingsInput,
} from '#domain/channel.ts'
import { ChannelRules, DEFAULT_RULES } from '#domain/channel-rules.ts'
import type { Outcome } from '#domain/delivery.ts'
import { changedSince, type Facets, fingerprintOf } from '#domain/fingerprint.ts'
import type { Issue } from '#domain/issue.ts'
import { TAGS_MAX } from '#domain/monitor.ts'
import { composeTest } from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { throwProblems } from '#lib/fields.ts'
import { newUuid } from '#lib/tokens.ts'
import * as store from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { failPendingOfChannel } from '#store/deliveries.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import { findProject } from '#store/projects.ts'
import { noteProof } from '#store/proofs.ts'
import { changedMeanwhile, issueInWords } from '#words/problems.ts'
import { groupOutcome, isGroup, membersOf, removeFromGroups, requireMembers } from './channel-groups.ts'
import { awaitsConfirmation, checkRecipient, requireConfirmed } from './confirmations.ts'
import { send } from './deliveries.ts'
import { readOnlyField } from './fields.ts'
import { moveHeld } from './holds.ts'
import { hasMailServer, type MailPlace } from './mail-server.ts'
import { requireManageable } from './program-channels.ts'

/** The limit is short, because a person waits for the test. */
const TEST_MAX_MS = 8 * SECOND

export interface ChannelRef {
  projectId: string
  channelId: string
}

interface NewChannel {
  projectId: string
  kind: string
  name: string
  settings: unknown
  notifiesGaps?: boolean
  rules?: Partial<ChannelRules>
  /** If absent: all existing monitors. */
  monitors?: MonitorChoice
  /** Whether an administrator of the server creates it. */
  isByAdmin?: boolean
}

/** Creates a channel. Throws invalid, with the wrong fields. */
export function createChannel(deps: Deps, { monitors, isByAdmin = false, ...input }: NewChannel): Channel {
  const kind = findKind(input.kind)
  if (kind === null) throw new AppError('invalid', `"${input.kind.slice(0, 40)}" is not a channel kind.`)
  requireManageable(kind.kind, isByAdmin)
  if (kind.runsPrograms && deps.config.programs === null) throw programsDisabled()
  const name = readName(input.name)
  const settings = readSettings(deps, kind, withDefaults(kind, input.settings))
  const channel: Channel = {
    ...input,
    id: newUuid(),
    name,
    settings,
    disabledAt: null,
    notifiesGaps: input.notifiesGaps ?? true,
    rules: readRules({ ...DEFAULT_RULES, ...input.rules }),
    scope: monitors ? scopeOf(monitors) : { is: 'these' },
    unconfirmedSince: null,
    unsubscribedAt: null,
  }
  return deps.db.write((tx) => {
    if (store.countChannels(tx, channel.projectId) >= CHANNELS_MAX) throw tooManyChannels()
    requireMembers(tx, channel)
    store.insertChannel(tx, channel)
    const monitorIds = chosenMonitors(tx, { projectId: channel.projectId, monitors: monitors ?? { is: 'all' } })
    store.setMonitorsOfChannel(tx, { channelId: channel.id, monitorIds })
    checkRecipient(tx, { config: deps.config, channel, before: null })
    return findOwn(tx, { projectId: channel.projectId, channelId: channel.id })
  })
}

/** The fields to change. Absent ones stay as they are. */
export interface ChannelChange {
  name?: string | undefined
  input?: SettingsInput | undefined
  isDisabled?: boolean | undefined
  notifiesGaps?: boolean | undefined
  rules?: Partial<ChannelRules> | undefined
  monitors?: MonitorChoice | undefined
  /** The fingerprint of the channel as the form showed it. */
  seen?: string | undefined
  /** Whether an administrator of the server changes it. */
  isByAdmin?: boolean
}

/** Changes a channel. Throws as `createChannel`, and conflict when it has changed since `seen`. */
export function updateChannel(deps: Deps, { ref, ...change }: ChannelChange & { ref: ChannelRef }): void {
  const name = change.name === undefined ? undefined : readName(change.name)
  deps.db.write((tx) => {
    const channel = findOwn(tx, ref)
    requireManageable(channel.kind, change.isByAdmin ?? false)
    if (change.seen !== undefined) requireUnchanged(tx, { channel, seen: change.seen })
    const settings = change.input === undefined ? channel.settings : settingsAfter(deps, channel, change.input)
    if (change.input) requireMembers(tx, { ...channel, settings })
    const { notifiesGaps = channel.notifiesGaps, monitors } = change
    const scope = monitors ? scopeOf(monitors) : channel.scope
    const rules = readRules({ ...channel.rules, ...change.rules })
    store.saveChannel(tx, { id: channel.id, name: name ?? channel.name, settings, notifiesGaps, rules, scope })
    if (change.rules) moveHeld(tx, channel.projectId)
    checkRecipient(tx, { config: deps.config, channel: { ...channel, settings }, before: channel })
    if (monitors) {
      const monitorIds = chosenMonitors(tx, { projectId: channel.projectId, monitors })
      store.setMonitorsOfChannel(tx, { channelId: channel.id, monitorIds })
    }
    const { isDisabled } = change
    if (isDisabled !== undefined) switchChannel(tx, { config: deps.config, channel: findOwn(tx, ref), isDisabled })
  })
}

/** Throws invalid, with the wrong fields. */
function readRules(rules: ChannelRules): ChannelRules {
  const read = ChannelRules.safeParse(rules)
  if (read.success) return read.data
  const problems = read.error.issues.map((issue) => [issue.path.join('.'), issueInWords(issue)] as const)
  throw new AppError('invalid', problems[0]?.[1] ?? '', Object.fromEntries(problems))
}

// Required settings that are missing have the values that the form begins with, so that requests can be short.
function withDefaults({ fields }: ChannelKind, settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null) return settings
  const defaults = fields.filter(({ isRequired, initial }) => isRequired && initial !== undefined)
  return { ...Object.fromEntries(defaults.map(({ name, initial }) => [name, initial])), ...settings }
}

/** Throws invalid, with the wrong fields. */
function scopeOf(monitors: MonitorChoice): ChannelScope {
  if (monitors.is === 'these') return { is: 'these' }
  if (monitors.is === 'tag' && monitors.tags.length === 0) throw invalidTags('Choose at least one tag.')
  if (monitors.is === 'tag' && monitors.tags.join(' ').length > TAGS_MAX) {
    throw invalidTags(`Use at most ${TAGS_MAX} characters.`)
  }
  return monitors
}

function invalidTags(problem: string): AppError {
  return new AppError('invalid', problem, { tags: problem })
}

function chosenMonitors(
  reader: Reader,
  { projectId, monitors }: { projectId: string; monitors: MonitorChoice },
): readonly number[] {
  if (monitors.is === 'these') return monitors.monitorIds
  return listNamesAndTags(reader, projectId)
    .filter(({ tags }) => covers(monitors, tags))
    .map(({ id }) => id)
}

/** The fingerprint of a channel as a form shows it. */
export function channelFingerprint(reader: Reader, channel: Channel): string {
  return fingerprintOf(facetsOf(reader, channel))
}

// Secrets are left out, because forms do not show them.
function facetsOf(reader: Reader, { id, kind, name, settings, notifiesGaps, rules, scope }: Channel): Facets {
  const shown = (findKind(kind)?.fields ?? []).filter(({ type }) => type !== 'secret')
  const stored = settings as Record<string, unknown>
  return [
    ['“Name”', name],
    ...shown.map((field) => [`“${field.label}”`, stored[field.name]] as const),
    ['“Notify when CronGuard itself was offline”', notifiesGaps],
    ['“Notify when”', rules.events],
    ['“Quiet hours”', rules.quietHours],
    ['“Delay”', rules.delayMs],
    ['“Send a test every week”', rules.drills],
    ['“Monitors”', [scope, scope.is === 'these' ? store.listMonitorIdsOfChannel(reader, id) : null]],
  ]
}

function requireUnchanged(reader: Reader, { channel, seen }: { channel: Channel; seen: string }): void {
  const changed = changedSince(seen, facetsOf(reader, channel))
  if (changed.length > 0) throw new AppError('conflict', changedMeanwhile('channel', changed))
}

/** Disables or enables a channel. Disabling fails its pending deliveries. Returns how many failed. */
export function setChannelDisabled(deps: Deps, { isDisabled, ...ref }: ChannelRef & { isDisabled: boolean }): number {
  return deps.db.write((tx) => switchChannel(tx, { config: deps.config, channel: findOwn(tx, ref), isDisabled }))
}

/** As `setChannelDisabled`, in a transaction. */
export function switchChannel(
  tx: Tx,
  { config, channel, isDisabled }: Pick<Deps, 'config'> & { channel: Channel; isDisabled: boolean },
): number {
  const { id, disabledAt } = channel
  if ((disabledAt !== null) === isDisabled) return 0
  store.saveDisabledAt(tx, { id, disabledAt: isDisabled ? tx.now : null })
  // Someone who unsubscribed must agree before they get alerts again.
  if (channel.unsubscribedAt !== null) checkRecipient(tx, { config, channel, before: null })
  return isDisabled ? failPendingOfChannel(tx, { channelId: id, detail: DISABLED }) : 0
}

/** Deletes a channel and fails its pending deliveries. Returns the deleted channel. */
export function deleteChannel(deps: Deps, ref: ChannelRef): Channel {
  return deps.db.write((tx) => {
    const channel = findOwn(tx, ref)
    failPendingOfChannel(tx, { channelId: channel.id, detail: 'The channel was deleted' })
    store.deleteChannel(tx, channel.id)
    removeFromGroups(tx, channel)
    moveHeld(tx, channel.projectId)
    return channel
  })
}

/** Why a channel sends nothing. Null when it does send. */
export function unusableReasonOf(deps: MailPlace, channel: Channel): UnusableReason | null {
  if (channel.disabledAt !== null) return 'disabled'
  if (isGroup(channel)) {
    const isUsable = membersOf(deps.db, channel).some((member) => unusableReasonOf(deps, member) === null)
    return isUsable ? null : 'no channel of the group can send'
  }
  if (awaitsConfirmation(deps, channel)) return 'waiting for confirmation'
  return lacksMailServer(deps, findKind(channel.kind)) ? 'no mail server configured' : null
}

export type UnusableReason =
  | 'disabled'
  | 'waiting for confirmation'
  | 'no mail server configured'
  | 'no channel of the group can send'

/** Whether notifications through this kind are only written to the log. */
export function lacksMailServer(place: MailPlace, kind: ChannelKind | null): boolean {
  return kind?.needsMailServer === true && !hasMailServer(place)
}

/** Channels with a running test. The receiver decides how long a test holds its connection. */
const testing = new Set<string>()

/**
 * Sends a test notification now, without the outbox, and returns the outcome. Throws too_many while another test of
 * this channel is running. Permissions are checked first, so that strangers cannot block tests.
 */
export async function testChannel(deps: Deps, ref: ChannelRef & { isByAdmin?: boolean }): Promise<Outcome> {
  const channel = findOwn(deps.db, ref)
  requireManageable(channel.kind, ref.isByAdmin ?? false)
  if (!isGroup(channel)) return await testOne(deps, channel)
  const members = testedChannels(deps, channel)
  return groupOutcome(await Promise.all(members.map(async (one) => ({ one, outcome: await testMember(deps, one) }))))
}

/** The channels that a test of this one sends to. */
export function testedChannels({ db }: Pick<Deps, 'db'>, channel: Channel): Channel[] {
  return isGroup(channel) ? membersOf(db, channel).filter(({ disabledAt }) => disabledAt === null) : [channel]
}

// A member that can't be tested now must not keep the others from being tested.
async function testMember(deps: Deps, channel: Channel): Promise<Outcome> {
  try {
    return await testOne(deps, channel)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { result: 'failed', reason: 'settings', detail: error.message.replace(/\.$/, ''), isPermanent: false }
  }
}

async function testOne(deps: Deps, channel: Channel): Promise<Outcome> {
  requireConfirmed(deps, channel)
  if (testing.has(channel.id)) {
    throw new AppError('too_many', 'A test of this channel is still running. Wait for it to finish.')
  }
  testing.add(channel.id)
  try {
    const project = findProject(deps.db, channel.projectId)?.name ?? ''
    const notification = composeTest({ project, now: deps.clock.now() })
    const outcome = await send(deps, { channel, notification, deliveryId: newUuid(), limitMs: TEST_MAX_MS })
    if (outcome.result === 'sent') await deps.db.writeGrouped((tx) => noteProof(tx, channel.id))
    return outcome
  } finally {
    testing.delete(channel.id)
  }
}

function findOwn(reader: Reader, { projectId, channelId }: ChannelRef): Channel {
  const channel = store.findChannel(reader, channelId)
  if (channel === null || channel.projectId !== projectId) {
    throw new AppError('not_found', 'Channel not found.')
  }
  return channel
}

function readName(name: string): string {
  return readOnlyField('name', ChannelName.safeParse(name))
}

function settingsAfter(place: Pick<Deps, 'config'>, { kind: name, settings }: Channel, input: SettingsInput): unknown {
  const kind = findKind(name)
  if (kind === null) throw new AppError('conflict', 'This kind of channel is no longer supported.')
  return readSettings(place, kind, changedSettings(kind, settings as Record<string, unknown>, input))
}

/** Throws invalid, with the wrong fields. */
export function readSettings({ config }: Pick<Deps, 'config'>, kind: ChannelKind, input: unknown): unknown {
  const settings = kind.settings.safeParse(input)
  if (!settings.success) throw invalidSettings(settings.error.issues)
  const rules = { samples: sampleMessages(), pushServices: config.pushServices }
  throwProblems(kind.problems?.(settings.data, rules) ?? {})
  return settings.data
}

function programsDisabled(): AppError {
  return new AppError('conflict', 'Set CRONGUARD_SHELL=on and CRONGUARD_SHELL_DIR to run programs on this server.')
}

function tooManyChannels(): AppError {
  return new AppError('conflict', `A project can have at most ${CHANNELS_MAX} channels. Delete one first.`)
}

function invalidSettings(issues: readonly Issue[]): AppError {
  const problems = issues.map((issue) => [issue.path.join('.'), issueInWords(issue)] as const)
  const [place = '', text = 'The settings are invalid.'] = problems[0] ?? []
  return new AppError('invalid', place === '' ? text : `${place}: ${text}`, Object.fromEntries(problems))
}
