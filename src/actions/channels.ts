import { findKind } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { CHANNEL_NAME_MAX, type Channel } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import { composeTest } from '#domain/notification.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import * as store from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { failPendingOfChannel } from '#store/deliveries.ts'
import { findProject } from '#store/projects.ts'
import { send } from './deliveries.ts'

/** A person waits for it. */
const TEST_MAX_MS = 8 * SECOND

export interface ChannelRef {
  projectId: string
  channelId: string
}

/** Creates a channel and gives it to every monitor of the project. Throws invalid, with the fields at fault. */
export function createChannel(
  deps: Deps,
  input: { projectId: string; kind: string; name: string; settings: unknown },
): Channel {
  const kind = findKind(input.kind)
  if (kind === null) throw new AppError('invalid', `There is no kind of channel called ${input.kind.slice(0, 40)}.`)
  if (input.name.length > CHANNEL_NAME_MAX) {
    throw new AppError('invalid', `The name has at most ${CHANNEL_NAME_MAX} characters.`)
  }
  const settings = kind.settings.safeParse(input.settings)
  if (!settings.success) throw invalidSettings(settings.error.issues)
  const channel: Channel = { ...input, id: newUuid(), settings: settings.data }
  deps.db.write((tx) => {
    store.insertChannel(tx, channel)
    store.assignToAllMonitors(tx, { channelId: channel.id, projectId: channel.projectId })
  })
  return channel
}

/** Deletes it; what it still had to tell fails. Returns it as it was. */
export function deleteChannel(deps: Deps, ref: ChannelRef): Channel {
  return deps.db.write((tx) => {
    const channel = findOwn(tx, ref)
    failPendingOfChannel(tx, { channelId: channel.id, detail: 'The channel was deleted' })
    store.deleteChannel(tx, channel.id)
    return channel
  })
}

/** Sends a made-up notification now, past the outbox, and says what became of it. */
export async function testChannel(deps: Deps, ref: ChannelRef): Promise<Outcome> {
  const channel = findOwn(deps.db, ref)
  const project = findProject(deps.db, channel.projectId)?.name ?? ''
  const notification = composeTest({ project, now: deps.clock.now() })
  return await send(deps, { channel, notification, deliveryId: newUuid(), limitMs: TEST_MAX_MS })
}

function findOwn(reader: Reader, { projectId, channelId }: ChannelRef): Channel {
  const channel = store.findChannel(reader, channelId)
  if (channel === null) throw new AppError('not_found', 'There is no such channel.')
  if (channel.projectId !== projectId) throw new AppError('forbidden', 'This channel belongs to another project.')
  return channel
}

function invalidSettings(issues: { path: PropertyKey[]; message: string }[]): AppError {
  const fields = Object.fromEntries(issues.map(({ path, message }) => [path.join('.'), message]))
  const first = issues[0]
  const where = first && first.path.length > 0 ? `${first.path.join('.')}: ` : ''
  return new AppError('invalid', `${where}${first?.message ?? 'The settings are not usable.'}`, fields)
}
