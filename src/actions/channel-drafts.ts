// A channel as its form has it, before it is saved.
import { findKind, type Preview, previewThrough, recipientOf } from '#channels/index.ts'
import { type ChannelKind, changedSettings, type Message, type SetupResult } from '#channels/kind.ts'
import type { Deps } from '#deps.ts'
import type { Channel, SettingsInput } from '#domain/channel.ts'
import { DEFAULT_RULES } from '#domain/channel-rules.ts'
import type { Outcome } from '#domain/delivery.ts'
import { composeTest } from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { findChannel } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { findProject, isVerifiedMember } from '#store/projects.ts'
import { readSettings } from './channels.ts'
import { send } from './deliveries.ts'
import { requireManageable } from './program-channels.ts'

export interface Draft {
  projectId: string
  kind: string
  /** The channel that is edited, whose secrets are used where none is typed. Null for a new one. */
  channelId: string | null
  input: SettingsInput
  /** Whether an administrator of the server edits it. */
  isByAdmin: boolean
}

const DRAFT_MAX_MS = 8 * SECOND

/** A draft that can be sent. Throws invalid, with the wrong fields, and conflict for an address to confirm first. */
export function readDraft(deps: Deps, draft: Draft): Channel {
  const kind = kindOf(draft)
  if (kind.members) throw new AppError('conflict', 'Save the group first, then send a test.')
  const channel: Channel = {
    id: draft.channelId ?? newUuid(),
    projectId: draft.projectId,
    kind: kind.kind,
    name: '',
    settings: readSettings(deps, kind, typedSettings(deps.db, { kind, draft })),
    disabledAt: null,
    notifiesGaps: false,
    rules: DEFAULT_RULES,
    scope: { is: 'these' },
    unconfirmedSince: null,
    unsubscribedAt: null,
  }
  const email = recipientOf(channel)
  const mayBeStranger = deps.config.confirmsAddresses && email !== null && !isConfirmed(deps.db, { draft, email })
  if (mayBeStranger && !isVerifiedMember(deps.db, { ...draft, email })) {
    throw new AppError('conflict', 'Save the channel first: the address must be confirmed before you can send a test.')
  }
  return channel
}

// An address that is stored with the channel, and no longer waits for its confirmation.
function isConfirmed(reader: Reader, { draft, email }: { draft: Draft; email: string }): boolean {
  const stored = draft.channelId === null ? null : findChannel(reader, draft.channelId)
  return stored?.unconfirmedSince === null && recipientOf(stored)?.toLowerCase() === email.toLowerCase()
}

/** Sends a test notification now, and returns the outcome. */
export function testDraft(deps: Deps, channel: Channel): Promise<Outcome> {
  const project = findProject(deps.db, channel.projectId)?.name ?? ''
  const notification = composeTest({ project, now: deps.clock.now() })
  return send(deps, { channel, notification, deliveryId: newUuid(), limitMs: DRAFT_MAX_MS })
}

/**
 * Prepares a search for the values of the setting that the kind looks up. Throws not_found for a channel of another
 * project, and invalid if a secret must be entered again.
 */
export function prepareSearch(deps: Deps, draft: Draft): () => Promise<SetupResult> {
  const { setup, ...kind } = kindOf(draft)
  const settings = typedSettings(deps.db, { kind, draft })
  if (setup === undefined) throw new AppError('not_found', 'Nothing to look up for this kind of channel.')
  return () => setup.find(settings, { outbound: deps.outbound, mailer: deps.mailer })
}

/** What a message would say with these settings. */
export function previewDraft(deps: Deps, draft: Draft, message: Message): Preview {
  const kind = kindOf(draft)
  return previewThrough({ kind, settings: settingsSoFar(deps.db, { kind, draft }) }, message)
}

function kindOf({ kind: name, isByAdmin }: Draft): ChannelKind {
  const kind = findKind(name)
  if (kind === null) throw new AppError('conflict', 'This kind of channel is no longer supported.')
  requireManageable(kind.kind, isByAdmin)
  return kind
}

function typedSettings(reader: Reader, { kind, draft }: { kind: ChannelKind; draft: Draft }): Record<string, unknown> {
  const { channelId, projectId, input } = draft
  const channel = channelId === null ? null : findChannel(reader, channelId)
  if (channelId !== null && (channel?.projectId !== projectId || channel.kind !== kind.kind)) {
    throw new AppError('not_found', 'Channel not found.')
  }
  return changedSettings(kind, (channel?.settings ?? {}) as Record<string, unknown>, input)
}

// While a user types, a stored secret may not fit the server yet. A preview needs none.
function settingsSoFar(reader: Reader, about: { kind: ChannelKind; draft: Draft }): Record<string, unknown> {
  try {
    return typedSettings(reader, about)
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid') return { ...about.draft.input.given }
    throw error
  }
}
