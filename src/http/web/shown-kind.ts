import { withMemberOptions } from '#actions/channel-groups.ts'
import { mayManage } from '#actions/program-channels.ts'
import { CHANNEL_KINDS } from '#channels/index.ts'
import type { ChannelKind } from '#channels/kind.ts'
import { secretOf } from '#deps.ts'
import type { User } from '#domain/account.ts'
import type { WebDeps } from '#http/guards.ts'
import { derivePushKeys } from '#lib/push-keys.ts'
import type { KindView } from '#views/pages/channel-form.tsx'

/** The kinds that a user can choose for a new channel. */
export function kindsFor({ config }: WebDeps['deps'], { isAdmin }: Pick<User, 'isAdmin'>): ChannelKind[] {
  const isUsable = (kind: ChannelKind): boolean => !kind.runsPrograms || config.programs !== null
  return CHANNEL_KINDS.filter((kind) => mayManage(kind.kind, isAdmin) && isUsable(kind))
}

/** The kind with what its form needs from this server. */
export function shownKind(
  { db, config }: WebDeps['deps'],
  { kind, projectId }: { kind: ChannelKind; projectId: string },
): KindView {
  const view = withMemberOptions(db, { kind, projectId })
  return kind.isSubscribedInBrowser ? { ...view, pushKey: derivePushKeys(secretOf(config)).publicKey } : view
}
